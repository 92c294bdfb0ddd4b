#include "report/page.hpp"

namespace epi {

constexpr std::string_view kPageStyle = R"css(
:root { --ink: #1d2530; --soft: #5d6878; --line: #e3e7ee; --back: #f5f6f9; --accent: #2f6fb0; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 56px; }
body { margin: 0; background: var(--back); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
header { background: linear-gradient(120deg, #16283f, #2f6fb0); color: #fff; padding: 34px 0 30px; }
header h1 { margin: 0; font-size: 30px; font-weight: 650; letter-spacing: -.01em; }
header p { margin: 6px 0 0; color: #d5e3f3; }
.page { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
nav { position: sticky; top: 0; z-index: 10; background: #ffffffee; border-bottom: 1px solid var(--line); }
nav a { display: inline-block; padding: 11px 16px 10px 0; color: var(--soft); text-decoration: none; font-weight: 550; }
nav a:hover { color: var(--accent); }
.headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 14px; margin: 22px 0 6px; }
.headline { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px 12px; }
.headline .label { color: var(--soft); font-size: 13px; }
.headline .value { font-size: 29px; font-weight: 650; letter-spacing: -.02em; line-height: 1.25; }
.headline .note { color: var(--soft); font-size: 12.5px; }
section { margin: 30px 0 8px; }
h2 { font-size: 22px; margin: 0 0 2px; font-weight: 650; }
section > p { margin: 0 0 12px; color: var(--soft); max-width: 860px; }
.cards { display: grid; grid-template-columns: repeat(12, 1fr); gap: 16px; }
.card { grid-column: span 6; background: #fff; border: 1px solid var(--line); border-radius: 10px;
  padding: 16px 18px 12px; min-width: 0; }
.card.wide { grid-column: span 12; }
.card h3 { margin: 0; font-size: 16px; font-weight: 620; }
.card p { margin: 2px 0 6px; color: var(--soft); font-size: 13.5px; }
.plot { width: 100%; }
.scroll { overflow: auto; max-height: 430px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { position: sticky; top: 0; background: #fff; text-align: left; color: var(--soft); font-weight: 600;
  border-bottom: 2px solid var(--line); padding: 6px 14px 6px 0; white-space: nowrap; }
td { border-bottom: 1px solid var(--line); padding: 5px 14px 5px 0; }
td.number, th.number { text-align: right; }
footer { color: var(--soft); font-size: 12.5px; padding: 26px 0 34px; }
@media (max-width: 860px) { .card { grid-column: span 12; } }
@media print { nav { display: none; } .card { break-inside: avoid; } }
)css";

constexpr std::string_view kPageScript = R"js(
document.querySelectorAll('script.plot-data').forEach(function (source) {
  var plot = JSON.parse(source.textContent);
  var axis = { gridcolor: '#e9ecf1', zeroline: false, linecolor: '#c4cad4', ticks: 'outside', tickcolor: '#c4cad4',
               ticklen: 4, automargin: true };
  var layout = {
    font: { family: 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif', size: 12.5, color: '#3b4554' },
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', margin: { l: 58, r: 14, t: 32, b: 48 },
    height: 380, hoverlabel: { bgcolor: '#fff', bordercolor: '#c4cad4', font: { color: '#1d2530' } },
    modebar: { bgcolor: 'rgba(0,0,0,0)', color: '#c4cad4', activecolor: '#2f6fb0' },
    legend: { itemsizing: 'constant', tracegroupgap: 0 }
  };
  Object.keys(plot.layout).forEach(function (key) {
    layout[key] = /^[xy]axis/.test(key) ? Object.assign({}, axis, plot.layout[key]) : plot.layout[key];
  });
  Plotly.newPlot(source.dataset.plot, plot.data, layout,
    { responsive: true, displaylogo: false, modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d'] });
});
)js";

}  // namespace epi
