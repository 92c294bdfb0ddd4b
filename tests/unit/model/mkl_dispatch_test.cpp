#include <dlfcn.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>

extern "C" int mkl_serv_intel_cpu_true();

namespace epi {
namespace {

TEST(MklDispatch, IsWhatLibTorchFinds) {
    EXPECT_EQ(::dlsym(RTLD_DEFAULT, "mkl_serv_intel_cpu_true"),
              reinterpret_cast<void*>(&mkl_serv_intel_cpu_true));
    EXPECT_EQ(mkl_serv_intel_cpu_true() != 0, __builtin_cpu_supports("avx2") != 0);
}

TEST(MklDispatch, LeavesTheChoiceToMklWhenAsked) {
    ::setenv("EPIFOUNDRY_MKL_DISPATCH", "vendor", 1);
    const int own = mkl_serv_intel_cpu_true();
    ::unsetenv("EPIFOUNDRY_MKL_DISPATCH");
    EXPECT_EQ(own != 0, __builtin_cpu_is("intel") != 0);
}

TEST(MklDispatch, ProductsAreRight) {
    const auto a = torch::randn({67, 129}), b = torch::randn({129, 45});
    const auto exact = a.to(torch::kFloat64).mm(b.to(torch::kFloat64));
    EXPECT_LT((a.mm(b) - exact).abs().max().item<double>(), 1e-4);
}

}  // namespace
}  // namespace epi
