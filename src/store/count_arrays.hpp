#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "store/anndata.hpp"
#include "store/hdf5.hpp"

namespace epi {

// X of AnnData::counts, and the layers computed from it, of an .h5ad: laid out first, written in one pass
// over the rows when the library has closed the file, so that the disk works beside what makes the rows.
class CountArrays {
  public:
    // Makes the groups "/X" and "/layers". A layer has X's indices: they are there once.
    CountArrays(Hdf5Writer& file, const AnnData& data);
    // `name` is for messages. ResourceError where the disk says no.
    void write(const std::filesystem::path& path, const std::string& name) const;

  private:
    const AnnData& data_;
    Hdf5Extent indices_, values_;  // values: none where X is ones
    std::vector<Hdf5Extent> layers_;
};

}  // namespace epi
