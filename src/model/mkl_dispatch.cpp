// LibTorch's matrix products are those of MKL, which uses the kernels of AVX2 and AVX-512 on processors of
// one vendor only, whatever others can do. This is the function by which it tells them apart; a program's own
// comes before that of a library. On an AMD EPYC (Zen 4), products in float32 are 1.5 times as fast with it,
// and attention 1.9 times (docs/decisions/0004). EPIFOUNDRY_MKL_DISPATCH=vendor leaves the choice to MKL.
#include <dlfcn.h>

#include <cstdlib>
#include <string_view>

extern "C" int mkl_serv_intel_cpu_true() {
    const char* const choice = std::getenv("EPIFOUNDRY_MKL_DISPATCH");
    if (choice != nullptr && std::string_view(choice) == "vendor") {
        using Function = int (*)();
        const auto own = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "mkl_serv_intel_cpu_true"));
        return own != nullptr ? own() : 0;
    }
    // MKL still looks which of these instructions there are before it uses them.
    return __builtin_cpu_supports("avx2") != 0 ? 1 : 0;
}
