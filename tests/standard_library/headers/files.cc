// Streams to the console and to files, C's files, and the file system below the folder for
// temporary files. Standard input has to be at its end.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/standard_library/check.h"

namespace {

namespace fs = std::filesystem;
using tb::test::check;
using tb::test::throws;

// The output is flushed before each change of stream: so their order is one wherever they go.
void use_console() {
  std::cout << "cout " << 1 << ' ' << 2.5 << ' ' << true << std::endl;
  std::cerr << "cerr " << 2 << std::endl;
  std::clog << "clog " << 3 << std::endl;
  std::wcerr << L"";
  std::string word;
  check(!(std::cin >> word) && std::cin.eof(), "standard input is at its end");
  check(std::getchar() == EOF && std::feof(stdin) != 0, "for C as well");
  std::fprintf(stderr, "stderr %d\n", 4);
}

void use_fstream(const fs::path& folder) {
  const fs::path path = folder / "lines.txt";
  {
    std::ofstream out(path);
    out << "first\n" << 2 << "\nthird\n";
    check(out.good(), "writing lines");
  }
  std::ofstream(path, std::ios::app) << "fourth\n";
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::cout << line << ' ';
  }
  in.clear();
  in.seekg(6);
  int number = 0;
  in >> number;
  check(number == 2 && in.tellg() == 7, "seeking in a file");
  in.seekg(0, std::ios::end);
  std::cout << in.tellg() << '\n';
  std::fstream both(path, std::ios::in | std::ios::out);
  both.seekp(0);
  both << "FIRST";
  both.seekg(0);
  const std::string all((std::istreambuf_iterator<char>(both)), std::istreambuf_iterator<char>());
  check(all == "FIRST\n2\nthird\nfourth\n", "reading what has been written over");
  std::ofstream(path, std::ios::trunc).close();
  check(fs::is_empty(path), "a file that is cut");
  check(!std::ifstream(folder / "nothing") && !std::ofstream(folder / "no" / "folder"),
        "files that cannot be opened");
}

void use_large_file(const fs::path& folder) {
  const fs::path path = folder / "large.bin";
  std::vector<std::uint32_t> words(1 << 20);
  std::uint32_t value = 1;
  std::generate(words.begin(), words.end(),
                [&value] { return value = value * 1664525 + 1013904223; });
  const auto size = static_cast<std::streamsize>(words.size() * sizeof(words[0]));
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(words.data()), size);
  std::vector<std::uint32_t> back(words.size());
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(back.data()), size);
  check(in.gcount() == size && back == words, "four megabytes come back");
  check(in.peek() == std::char_traits<char>::eof(), "and no more");
  check(fs::file_size(path) == words.size() * sizeof(words[0]), "the file has their size");
}

void use_c_files(const fs::path& folder) {
  const std::string path = folder / "c.txt";
  std::FILE* file = std::fopen(path.c_str(), "w+");
  check(file != nullptr && std::setvbuf(file, nullptr, _IOFBF, 64) == 0, "a file of C opens");
  check(std::fputs("hello\nworld\n", file) >= 0 && std::fprintf(file, "%d", 99) == 2, "writing");
  std::rewind(file);
  char line[20];
  check(std::fgets(line, sizeof line, file) == line && std::strcmp(line, "hello\n") == 0, "a line");
  check(std::ungetc('W', file) == 'W' && std::fgetc(file) == 'W', "a character put back");
  check(std::fseek(file, -2, SEEK_END) == 0 && std::ftell(file) == 12, "seeking");
  int number = 0;
  check(std::fscanf(file, "%d", &number) == 1 && number == 99, "fscanf");
  check(std::fread(line, 1, 1, file) == 0 && std::feof(file) != 0, "the end of the file");
  check(std::fclose(file) == 0, "closing");
  const std::string moved = folder / "moved.txt";
  check(std::rename(path.c_str(), moved.c_str()) == 0, "a file is renamed");
  check(std::fopen(path.c_str(), "r") == nullptr, "it is no longer there");
  check(std::remove(moved.c_str()) == 0, "a file is removed");
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string() + (entry.is_directory() ? "/" : ""));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void show_names(const fs::path& folder) {
  for (const std::string& name : names_in(folder)) {
    std::cout << name << ' ';
  }
  std::cout << '\n';
}

void use_folders(const fs::path& folder) {
  check(fs::create_directory(folder / "a") && !fs::create_directory(folder / "a"), "one folder");
  check(fs::create_directories(folder / "b" / "c" / "d"), "folders in folders");
  std::ofstream(folder / "b" / "one.txt") << "1";
  std::ofstream(folder / "b" / "c" / "twenty.txt") << std::string(20, '2');
  show_names(folder);
  show_names(folder / "b");
  std::uintmax_t bytes = 0;
  int entries = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "b")) {
    ++entries;
    bytes += entry.is_regular_file() ? entry.file_size() : 0;
  }
  check(entries == 4 && bytes == 21, "everything below a folder");
  fs::rename(folder / "b" / "one.txt", folder / "a" / "uno.txt");
  fs::rename(folder / "b", folder / "e");
  check(fs::exists(folder / "e" / "c" / "twenty.txt") && !fs::exists(folder / "b"), "renamed");
  check(fs::copy_file(folder / "a" / "uno.txt", folder / "a" / "copy.txt"), "copied");
  fs::resize_file(folder / "a" / "copy.txt", 100);
  check(fs::file_size(folder / "a" / "copy.txt") == 100, "a file that grows");
  std::error_code error;
  check(!fs::remove(folder / "e", error) && error == std::errc::directory_not_empty,
        "a folder with something in it stays");
  check(!fs::remove(folder / "nothing") && fs::remove(folder / "a" / "uno.txt"), "removed or not");
  show_names(folder / "a");
  check(fs::remove_all(folder / "e") == 4, "everything below is removed");
  check(throws<fs::filesystem_error>([&] { fs::directory_iterator(folder / "e"); }),
        "no folder to list");
  static_cast<void>(fs::file_size(folder / "e", error));
  check(error == std::errc::no_such_file_or_directory, "no file to measure");
  check(fs::path("/x/y/../z.txt").lexically_normal() == "/x/z.txt" &&
            fs::current_path().is_absolute(),
        "paths");
}

void use_times(const fs::path& folder) {
  const fs::path path = folder / "time.txt";
  std::ofstream(path) << "before";
  const fs::file_time_type first = fs::last_write_time(path);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  std::ofstream(path, std::ios::app) << " and after";
  const fs::file_time_type second = fs::last_write_time(path);
  check(second > first, "writing moves the time of the last write");
  check(fs::file_time_type::clock::now() - second < std::chrono::hours(1), "it is about now");
  fs::last_write_time(path, first - std::chrono::hours(24));
  check(fs::last_write_time(path) == first - std::chrono::hours(24), "it can be set");
}

}  // namespace

int main() {
  use_console();
  const fs::path folder =
      fs::temp_directory_path() / ("files_" + std::to_string(std::random_device()()));
  check(fs::create_directory(folder), "a folder for temporary files");
  use_fstream(folder);
  use_large_file(folder);
  use_c_files(folder);
  show_names(folder);
  use_folders(folder);
  use_times(folder);
  check(fs::remove_all(folder) == 6 && !fs::exists(folder), "nothing stays behind");
  return tb::test::finish();
}
