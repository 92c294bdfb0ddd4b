#include "io/checksum.hpp"

#include <isa-l/crc.h>
#include <openssl/evp.h>
#define XXH_INLINE_ALL  // four times as quick as Debian's library
#include <xxhash.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "io/random_file.hpp"

namespace epi {

namespace {

std::string hex_digits(std::span<const unsigned char> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const auto byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

// Of a file front to back.
template <class Hash>
std::string hash_of_file(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw InputError(path.string(), "cannot be read", "check the path and its permissions");
    Hash hash;
    std::vector<char> buffer(1 << 20);
    while (stream) {
        stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        hash.update({buffer.data(), static_cast<std::size_t>(stream.gcount())});
    }
    return hash.hex();
}

// ISA-L leaves the upper halves of vector registers in use. Until they are cleared, processors of Intel take
// about 70 cycles wherever code for SSE follows code for AVX, as around each call of a function of libm.
#if defined(__x86_64__)
__attribute__((target("avx"))) void clear_upper_halves() {
    _mm256_zeroupper();
}
void leave_wide_registers() {
    if (__builtin_cpu_supports("avx")) clear_upper_halves();
}
#else
void leave_wide_registers() {}
#endif

}  // namespace

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
    return hex_digits(std::span(digest).first(size));
}

std::string sha256_of(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.hex();
}

std::string sha256_of_file(const std::filesystem::path& path) {
    return hash_of_file<Sha256>(path);
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

struct Xxh3::State {
    XXH3_state_t* hash = XXH3_createState();
};

Xxh3::Xxh3() : state_(std::make_unique<State>()) {
    check(state_->hash != nullptr && XXH3_128bits_reset(state_->hash) == XXH_OK, "XXH3 starts");
}

Xxh3::~Xxh3() {
    XXH3_freeState(state_->hash);
}

void Xxh3::update(std::string_view bytes) {
    XXH3_128bits_update(state_->hash, bytes.data(), bytes.size());
}

std::string Xxh3::hex() const {
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(state_->hash));
    return hex_digits(digest.digest);
}

std::string xxh3_of_file(const std::filesystem::path& path) {
    return hash_of_file<Xxh3>(path);
}

std::uint32_t crc32_of(std::string_view bytes) {
    const auto crc = crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    leave_wide_registers();
    return crc;
}

}  // namespace epi
