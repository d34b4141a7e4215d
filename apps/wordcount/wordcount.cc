// Counts the words of the files given as modules, all CPUs at once, and prints what `wc -w` prints.
#include <algorithm>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace {

bool is_space(char character) {
  return character == ' ' || (character >= '\t' && character <= '\r');
}

// As for wc, control characters alone make no word.
bool is_printable(char character) {
  const auto code = static_cast<unsigned char>(character);
  return code > ' ' && code != 0x7f;
}

// Words that end in the text or at its end.
std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool in_word = false;
  for (const char character : text) {
    if (is_space(character)) {
      words += in_word ? 1 : 0;
      in_word = false;
    } else if (is_printable(character)) {
      in_word = true;
    }
  }
  return words + (in_word ? 1 : 0);
}

// The next part of about the wanted size; it ends where no word goes on.
std::string_view take_part(std::string_view& rest, std::size_t wanted) {
  std::size_t end = std::min(wanted, rest.size());
  while (end < rest.size() && !is_space(rest[end])) {
    ++end;
  }
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end);
  return part;
}

// Throws std::system_error where a thread cannot be started.
std::size_t count_on_all_cpus(std::string_view text) {
  const std::size_t cpus = std::max(std::thread::hardware_concurrency(), 1u);
  std::vector<std::size_t> counts(cpus);
  {
    const std::size_t share = text.size() / cpus + 1;
    std::string_view rest = text;
    std::vector<std::jthread> threads;
    for (std::size_t& count : counts) {
      threads.emplace_back([part = take_part(rest, share), &count] { count = count_words(part); });
    }
  }
  std::size_t total = 0;
  for (const std::size_t count : counts) {
    total += count;
  }
  return total;
}

// The files of the folder by name; none if there is no such folder.
std::vector<std::filesystem::path> files_in(const char* folder) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(in ? std::filesystem::file_size(path) : 0, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    return std::nullopt;
  }
  return text;
}

}  // namespace

// The folder may be another than that of the modules, for a try elsewhere.
int main(int argc, char** argv) {
  const auto files = files_in(argc > 1 ? argv[1] : "/modules");
  if (files.empty()) {
    std::cout << "wordcount: there is no text to count; pass one or more with --module FILE\n";
    return 2;
  }
  try {
    for (const std::filesystem::path& file : files) {
      const std::string name = file.filename().string();
      const std::optional<std::string> text = read_file(file);
      if (!text) {
        std::cout << "wordcount: " << name << " cannot be read\n";
        return 1;
      }
      std::cout << count_on_all_cpus(*text) << ' ' << name << '\n';
    }
  } catch (const std::exception& error) {
    std::cout << "wordcount: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
