#include "model/autocast.hpp"

#include <ATen/autocast_mode.h>

namespace epi {

Autocast::Autocast(bool active, torch::Device device) : active_(active), device_(device.type()) {
    if (!active_) return;
    enabled_before_ = at::autocast::is_autocast_enabled(device_);
    type_before_ = at::autocast::get_autocast_dtype(device_);
    at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::increment_nesting();
}

Autocast::~Autocast() {
    if (!active_) return;
    // Weights that were converted are kept for one forward pass only: they change afterwards.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, enabled_before_);
    at::autocast::set_autocast_dtype(device_, type_before_);
}

}  // namespace epi
