#include "core/error.hpp"

namespace epi {
namespace {

std::string sentence(std::string_view place, std::string_view problem, std::string_view remedy) {
    std::string text;
    if (!place.empty()) text.append(place).append(": ");
    text.append(problem);
    if (!remedy.empty()) text.append("; ").append(remedy);
    return text;
}

}  // namespace

Error::Error(std::string_view place, std::string_view problem, std::string_view remedy)
    : std::runtime_error(sentence(place, problem, remedy)) {}

InternalError::InternalError(std::string_view what)
    : Error("internal error", what, "this is a bug in EpiFoundry, please report it with the command line") {}

Interrupted::Interrupted(int code)
    : Error("", code == 130 ? "interrupted" : "told to stop", "nothing half-written was left behind"),
      code_(code) {}

std::string at_line(std::string_view file, long long line) {
    return std::string(file) + ":" + std::to_string(line);
}

}  // namespace epi
