#pragma once
#include <filesystem>
#include <memory>
#include <span>

#include "store/anndata.hpp"

namespace epi {

// An .h5ad whose X is written row by row and never held. Atomic, as write_h5ad.
class AnnDataWriter {
  public:
    // obs, var and uns of `tables`; `lengths`: entries of each row; X is stored as `values`. With more than
    // `narrow` entries indices are int64.
    AnnDataWriter(const AnnData& tables, std::span<const std::int32_t> lengths, StoredAs values,
                  const std::filesystem::path& path, bool force, std::int64_t narrow = 0x7fffffff);
    ~AnnDataWriter();

    // Each row once, columns rising.
    void put(std::int64_t row, std::span<const std::int32_t> columns, std::span<const double> values);
    void commit();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace epi
