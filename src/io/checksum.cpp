#include "io/checksum.hpp"

#include <libdeflate.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "io/random_file.hpp"

namespace epi {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    check(state_->context != nullptr && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1,
          "SHA-256 starts");
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(state_->context);
}

void Sha256::update(std::string_view bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(state_->context, digest.data(), &size);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += kDigits[digest[i] >> 4];
        text += kDigits[digest[i] & 15];
    }
    return text;
}

std::string sha256_of(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.hex();
}

std::string sha256_of_file(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw InputError(path.string(), "cannot be read", "check the path and its permissions");
    Sha256 hash;
    std::vector<char> buffer(1 << 20);
    while (stream) {
        stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        hash.update({buffer.data(), static_cast<std::size_t>(stream.gcount())});
    }
    return hash.hex();
}

std::vector<std::string> sha256_of_blocks(const std::filesystem::path& path, std::uint64_t block,
                                          int threads) {
    const RandomFile file(path);
    std::vector<std::string> sums((file.size() + block - 1) / block);
    parallel_for(sums.size(), threads, [&](std::size_t i) {
        Sha256 hash;
        std::vector<char> buffer(1 << 20);
        const auto end = std::min<std::uint64_t>(file.size(), (i + 1) * block);
        for (auto at = i * block; at < end; at += buffer.size()) {
            const auto count = std::min<std::uint64_t>(buffer.size(), end - at);
            hash.update({buffer.data(), file.read(at, buffer.data(), count)});
        }
        sums[i] = hash.hex();
    });
    return sums;
}

std::uint32_t crc32_of(std::string_view bytes) {
    return libdeflate_crc32(0, bytes.data(), bytes.size());
}

}  // namespace epi
