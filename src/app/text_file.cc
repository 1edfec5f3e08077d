#include "app/text_file.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gatehouse::app {

std::optional<std::string> read_text_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

bool replace_text_file(const std::string& path, const std::string& text) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path target = path;
  const fs::file_status before = fs::status(path, error);
  const bool there = fs::is_regular_file(before);
  // A terminal, a pipe, /dev/null: nothing stands there that could be replaced, and nothing may be put in its place.
  if (fs::exists(before) && !there) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    return !out.fail();
  }
  if (there) target = fs::canonical(path, error);
  if (there && error) return false;
  const std::string beside = target.string() + ".part";
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  bool done = !out.fail();
  if (done && there) {
    fs::permissions(beside, before.permissions(), error);
    done = !error;
  }
  done = done && std::rename(beside.c_str(), target.c_str()) == 0;
  if (!done) fs::remove(beside, error);
  return done;
}

}  // namespace gatehouse::app
