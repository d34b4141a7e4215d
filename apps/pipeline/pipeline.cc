// Compresses the file given as a module, on all CPUs, as gzip would: a reader cuts it into blocks,
// a worker on each CPU makes a member of a gzip file of each, and the main thread puts them in
// order. All that passes between them goes through channels.
#include <zlib.h>

#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/sync/channel.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/stop_token.h"
#include "runtime/thread.h"

namespace {

// Large enough that what is known at its end pays for what is not at its beginning.
constexpr std::size_t kBlockSize = 64 * 1024;

// So much is on its way for each worker at most, whoever is slow.
constexpr std::uint32_t kBlocksPerWorker = 4;

struct Block {
  std::size_t number;
  std::uint32_t cpu;  // that has compressed it
  std::string bytes;
};

using Blocks = tb::Channel<std::unique_ptr<Block>>;

// Windows of 32 KiB, and the header and the checksum of gzip.
constexpr int kGzip = 16 + MAX_WBITS;
constexpr int kMemoryLevel = 8;

std::string compress(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string member(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(member.data());
  stream.avail_out = static_cast<uInt>(member.size());
  const int end = deflate(&stream, Z_FINISH);
  member.resize(stream.total_out);
  deflateEnd(&stream);
  if (end != Z_STREAM_END) {
    throw std::runtime_error("a block cannot be compressed");
  }
  return member;
}

tb::Thread start_on(std::uint32_t cpu, auto function) {
  const tb::SpawnOptions options{.affinity = tb::CpuSet::only(tb::CpuId{cpu})};
  auto thread = tb::spawn(std::move(function), options);
  if (!thread) {
    throw std::runtime_error("a thread cannot be started");
  }
  return *std::move(thread);
}

class Pipeline {
 public:
  explicit Pipeline(std::uint32_t workers)
      : places_(kBlocksPerWorker * workers),
        raw_(workers),
        ready_(workers),
        working_(workers),
        shares_(workers) {}

  // All of the file, or so many blocks; the gzip file comes out. Throws what goes wrong in any of
  // the threads, once all have ended.
  std::string compress_all(std::ifstream& in, std::optional<std::size_t> blocks);

  // By the number of the CPU: how many blocks it has compressed.
  const std::vector<std::size_t>& shares() const { return shares_; }

 private:
  template <class Function>
  void guard(Function function);
  void read(std::ifstream& in);
  void work();
  std::string collect(std::optional<std::size_t> blocks);

  tb::StopSource stop_;                         // for all, when one has failed or there is enough
  tb::Channel<std::exception_ptr> failure_{1};  // the first one
  tb::Semaphore places_;                        // for blocks on their way
  Blocks raw_;                                  // from the reader to the workers
  Blocks ready_;                                // from the workers to the main thread
  std::atomic<std::uint32_t> working_;          // workers that have not ended
  std::vector<std::size_t> shares_;             // the main thread's
};

// Calls the function; if it throws, all stop.
template <class Function>
void Pipeline::guard(Function function) {
  try {
    function();
  } catch (...) {
    static_cast<void>(failure_.try_send(std::current_exception()));
    stop_.request_stop();
  }
}

// Until the end of the file or a stop.
void Pipeline::read(std::ifstream& in) {
  const tb::StopToken token = stop_.get_token();
  for (std::size_t number = 0; in.peek() != std::ifstream::traits_type::eof(); ++number) {
    if (!places_.acquire(token)) {
      return;
    }
    auto block = std::make_unique<Block>(number, 0, std::string(kBlockSize, '\0'));
    in.read(block->bytes.data(), kBlockSize);
    block->bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (!raw_.send(std::move(block), token)) {
      return;
    }
  }
}

void Pipeline::work() {
  const tb::StopToken token = stop_.get_token();
  while (auto block = raw_.receive(token)) {
    (*block)->bytes = compress((*block)->bytes);
    (*block)->cpu = tb::index_of(tb::this_thread::cpu());
    if (!ready_.send(*std::move(block), token)) {
      return;
    }
  }
}

// In their order, whichever is ready first.
std::string Pipeline::collect(std::optional<std::size_t> blocks) {
  const tb::StopToken token = stop_.get_token();
  std::map<std::size_t, std::unique_ptr<Block>> early;
  std::string out;
  std::size_t next = 0;
  while (next != blocks) {
    auto block = ready_.receive(token);
    if (!block) {
      break;
    }
    const std::size_t number = (*block)->number;
    early.emplace(number, *std::move(block));
    for (auto first = early.begin(); first != early.end() && first->first == next && next != blocks;
         first = early.erase(first), ++next) {
      out += first->second->bytes;
      ++shares_[first->second->cpu];
      places_.release();
    }
  }
  return out;
}

std::string Pipeline::compress_all(std::ifstream& in, std::optional<std::size_t> blocks) {
  std::string out;
  {
    std::vector<tb::Thread> threads;  // joined at the end of the scope, whatever happens
    guard([&] {
      for (std::uint32_t cpu = 0; cpu < shares_.size(); ++cpu) {
        threads.push_back(start_on(cpu, [this] {
          guard([this] { work(); });
          if (--working_ == 0) {
            ready_.close();
          }
        }));
      }
      threads.push_back(start_on(0, [this, &in] {
        guard([this, &in] { read(in); });
        raw_.close();
      }));
      out = collect(blocks);
    });
    stop_.request_stop();
  }
  if (const auto error = failure_.try_receive()) {
    std::rethrow_exception(*error);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kBytesInLine = 57;
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
    };
    const unsigned bits = byte(0) << 16U | byte(1) << 8U | byte(2);
    for (unsigned digit = 0; digit < 4; ++digit) {
      text += i + digit <= bytes.size() ? kDigits[bits >> (18 - 6 * digit) & 63U] : '=';
    }
    text += (i + 3) % kBytesInLine == 0 || i + 3 >= bytes.size() ? "\n" : "";
  }
  return text;
}

enum class Output { kSummary, kBase64 };

struct Wanted {
  std::optional<std::size_t> blocks;
  Output output = Output::kSummary;
};

std::optional<Wanted> parse(std::span<char*> arguments) {
  Wanted wanted;
  for (const std::string_view word : arguments) {
    std::size_t blocks = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), blocks);
    if (word == "base64") {
      wanted.output = Output::kBase64;
    } else if (error == std::errc() && end == word.data() + word.size() && blocks > 0) {
      wanted.blocks = blocks;
    } else {
      return std::nullopt;
    }
  }
  return wanted;
}

// The one module; throws what is to be said if there is not just one that can be read.
std::filesystem::path find_module() {
  std::error_code none;
  const std::filesystem::directory_iterator modules("/modules", none);
  if (std::distance(begin(modules), end(modules)) != 1) {
    throw std::invalid_argument("there is not one file to compress; pass one with --module FILE");
  }
  const std::filesystem::path path = std::filesystem::directory_iterator("/modules")->path();
  if (std::filesystem::file_size(path) == 0) {
    throw std::invalid_argument(path.filename().string() + " is empty");
  }
  return path;
}

void compress_module(const Wanted& wanted) {
  const std::filesystem::path path = find_module();
  std::ifstream in(path, std::ios::binary);
  Pipeline pipeline(tb::cpu_count());
  const std::string out = pipeline.compress_all(in, wanted.blocks);
  if (wanted.output == Output::kBase64) {
    std::cout << base64(out);
    return;
  }
  for (std::size_t cpu = 0; cpu < pipeline.shares().size(); ++cpu) {
    std::cout << "CPU " << cpu << ": " << pipeline.shares()[cpu] << " blocks\n";
  }
  std::cout << path.filename().string() << ": " << std::filesystem::file_size(path) << " bytes, "
            << out.size() << " compressed, whose CRC-32 is "
            << crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size()) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const auto wanted = parse(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!wanted) {
    std::cout << "pipeline: the arguments are `base64`, for all that is compressed, and how many "
                 "blocks there are to be at most\n";
    return 2;
  }
  try {
    compress_module(*wanted);
  } catch (const std::invalid_argument& error) {
    std::cout << "pipeline: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cout << "pipeline: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
