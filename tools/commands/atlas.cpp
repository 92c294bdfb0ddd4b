#include "pipeline/atlas.hpp"

#include <cstdio>

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

// One struct for all subcommands; `run` is set by the one that was typed.
struct AtlasCommand {
    AtlasCreateOptions create;
    AtlasShardsOptions shards;
    AtlasSplitOptions split;
    AtlasExportOptions exported;
    RepackOptions repacked;
    AtlasCellsOptions cells;
    std::filesystem::path atlas;
    bool json = false;
    std::function<void(const RunContext&)> run;
};

CLI::App& subcommand(CLI::App& app, const std::string& name, const std::string& about, AtlasCommand& command,
                     void (*run)(const AtlasCommand&, const RunContext&)) {
    CLI::App& sub = *app.add_subcommand(name, about);
    sub.fallthrough();
    sub.callback([&command, run] {
        command.run = [&command, run](const RunContext& context) { run(command, context); };
    });
    return sub;
}

CLI::Option* genome_option(CLI::App& app, std::string& genome) {
    return app.add_option("--genome", genome, "genome of the peaks")
        ->check(CLI::IsMember({"hg38", "hg19", "mm10"}));
}

void where_option(CLI::App& app, std::string& where) {
    app.add_option("--where", where,
                   "only cells with these labels, such as \"tissue == lung and not donor in [D1, 'D 2']\" "
                   "(==, !=, in, not in, and, or, not, brackets; sample, batch, donor, tissue, cell_type, "
                   "split)");
}

void bind_build(CLI::App& app, AtlasCommand& command) {
    auto& create =
        subcommand(app, "create", "Make an atlas over shards, which stay where they are", command,
                   [](const AtlasCommand& c, const RunContext& context) { create_atlas(c.create, context); });
    create.add_option("DIR", command.create.atlas, "folder to make")->required();
    create.add_option("SHARD", command.create.shards, "shards made by `pack`")->required();
    genome_option(create, command.create.genome);
    create.add_option("--chrom-sizes", command.create.chrom_sizes, "kept in the atlas as chrom.sizes");

    auto& add =
        subcommand(app, "add", "Add shards", command,
                   [](const AtlasCommand& c, const RunContext& context) { add_shards(c.shards, context); });
    auto& remove = subcommand(
        app, "remove", "Take shards out; their files stay", command,
        [](const AtlasCommand& c, const RunContext& context) { remove_shards(c.shards, context); });
    for (auto* sub : {&add, &remove}) {
        sub->add_option("DIR", command.shards.atlas, "atlas folder")->required();
        sub->add_option("SHARD", command.shards.shards, "shards (for remove also names of samples)")
            ->required();
    }
}

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

void bind_look(CLI::App& app, AtlasCommand& command) {
    auto& verify =
        subcommand(app, "verify", "Check every checksum, identity and index", command,
                   [](const AtlasCommand& c, const RunContext& context) { verify_atlas(c.atlas, context); });
    auto& info =
        subcommand(app, "info", "Say what is in an atlas", command,
                   [](const AtlasCommand& c, const RunContext&) { print(atlas_info(c.atlas, c.json)); });
    info.add_flag("--json", command.json, "JSON instead of text");
    auto& cells = subcommand(app, "cells", "List cells as a table on stdout", command,
                             [](const AtlasCommand& c, const RunContext&) { print(atlas_cells(c.cells)); });
    cells.add_option("DIR", command.cells.atlas, "atlas folder")->required();
    cells.add_option("--split", command.cells.split, "only those of this split: train, val or test");
    cells.add_option("--sample", command.cells.sample, "only those of this sample");
    where_option(cells, command.cells.where);
    for (auto* sub : {&verify, &info}) sub->add_option("DIR", command.atlas, "atlas folder")->required();
}

void bind_split(CLI::App& app, AtlasCommand& command) {
    auto& split =
        subcommand(app, "split", "Divide the cells into train, val and test", command,
                   [](const AtlasCommand& c, const RunContext& context) { split_atlas(c.split, context); });
    split.add_option("DIR", command.split.atlas, "atlas folder")->required();
    split.add_option("--by", command.split.by, "cell, donor, sample or batch")
        ->check(CLI::IsMember({"cell", "donor", "sample", "batch"}));
    split.add_option("--fractions", command.split.fractions, "train,val,test, such as 0.8,0.1,0.1");
    split.add_option("--val", command.split.val, "donors (or what --by says) to validate on")->delimiter(',');
    split.add_option("--test", command.split.test, "donors (or what --by says) to test on")->delimiter(',');
    split.add_option("--table", command.split.table,
                     "table with the columns cell and split (train, val, test)");
}

void bind_files(CLI::App& app, AtlasCommand& command) {
    auto& out = subcommand(
        app, "export", "Write an atlas as one ordinary .h5mu or .h5ad", command,
        [](const AtlasCommand& c, const RunContext& context) { export_atlas(c.exported, context); });
    out.add_option("DIR", command.exported.atlas, "atlas folder")->required();
    out.add_flag("--rna", command.exported.rna, "for an .h5ad: the genes instead of the peaks");
    where_option(out, command.exported.where);
    add_output(out, command.exported.output, "FILE.h5mu (peaks and genes) or FILE.h5ad (one of them)");

    auto& in =
        subcommand(app, "repack", "Turn anyone's .h5mu, or .h5ad of cells x peaks, into a shard", command,
                   [](const AtlasCommand& c, const RunContext& context) { repack(c.repacked, context); });
    in.add_option("FILE", command.repacked.input, ".h5mu with a modality atac (and rna), or .h5ad")
        ->required();
    in.add_option("--sample", command.repacked.sample, "sample (default: the column sample of obs)");
    in.add_option("--batch", command.repacked.batch, "batch (default: the column, else the sample)");
    in.add_option("--donor", command.repacked.donor, "donor (default: the column)");
    in.add_option("--tissue", command.repacked.tissue, "tissue (default: the column)");
    in.add_option("--cell-type-column", command.repacked.cell_type_column,
                  "column of obs (default: cell_type)");
    genome_option(in, command.repacked.genome);
    add_output(in, command.repacked.output, "the shard to write, NAME.h5mu");
}

void bind_atlas(CLI::App& app, AtlasCommand& command) {
    app.require_subcommand(1);
    bind_build(app, command);
    bind_look(app, command);
    bind_split(app, command);
    bind_files(app, command);
}

void execute_atlas(const AtlasCommand& command, const RunContext& context) {
    command.run(context);
}

}  // namespace

void add_atlas_command(CommandLine& line) {
    line.add_command<AtlasCommand>(
        {"atlas",
         "Make, check, split and export an atlas of shards",
         {"epifoundry atlas create atlas/ D1.h5mu D2.h5mu D3.h5mu --genome hg38",
          "epifoundry atlas split atlas/ --by cell --fractions 0.8,0.1,0.1",
          "epifoundry atlas split atlas/ --test D4 --val D3", "epifoundry atlas verify atlas/",
          "epifoundry atlas info atlas/ --json",
          "epifoundry atlas cells atlas/ --split test > test.cells.tsv",
          "epifoundry atlas add atlas/ D4.h5mu", "epifoundry atlas remove atlas/ D4",
          "epifoundry atlas export atlas/ -o atlas.h5mu",
          "epifoundry atlas export atlas/ --where \"tissue == lung\" -o lung.h5ad",
          "epifoundry atlas repack others.h5ad --sample S1 -o S1.h5mu"}},
        bind_atlas, execute_atlas);
}

}  // namespace epi
