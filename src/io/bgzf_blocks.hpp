#pragma once
#include <string>
#include <string_view>

namespace epi {

// The text as complete BGZF blocks, without the marker of the file's end. Blocks of several texts can be made
// on several threads and put one after the other; end the file with bgzf_end(). The same bytes for the same
// text.
std::string bgzf_compress(std::string_view text);

// The empty block that ends every BGZF file.
std::string_view bgzf_end();

}  // namespace epi
