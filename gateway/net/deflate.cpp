#include "gateway/net/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <utility>

namespace tidegate::net {
namespace {

constexpr int kRaw = -15;  // no header of zlib's, the largest window
// Of the hash table, which is cleared for each message: 8 KiB, where zlib's own default clears 64 KiB, and messages of 300 bytes gain nothing from
// it.
constexpr int kMemoryLevel = 5;
// What each compressed message ends with and none carries (RFC 7692, 7.2.1).
constexpr std::string_view kTail("\x00\x00\xFF\xFF", 4);
// What may stay between messages, so that a large one does not hold its memory for ever.
constexpr std::size_t kRoomKeptMax = 64U << 10U;
constexpr std::size_t kFirstRoom = 512;

/// zlib takes sizes of 32 bits.
bool fits(std::size_t size) { return size <= 0x7FFFFFFF; }

Bytef* zlib_bytes(const char* bytes) { return reinterpret_cast<Bytef*>(const_cast<char*>(bytes)); }

}  // namespace

struct Deflater::Stream {
  explicit Stream(int level_of_all) : level(level_of_all) {
    ok = deflateInit2(&zlib, level, Z_DEFLATED, kRaw, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Stream() { deflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream zlib{};
  int level;
  bool ok;
};

Deflater::Deflater() = default;
Deflater::~Deflater() = default;

std::string_view Deflater::deflate(std::string_view payload, int level) {
  if (payload.empty() || !fits(payload.size())) return {};
  if (!stream_ || stream_->level != level || !stream_->ok) stream_ = std::make_unique<Stream>(level);
  if (!stream_->ok) return {};
  const std::size_t needed = payload.size() + kTail.size();
  if (room_bytes_ < needed || room_bytes_ > std::max(needed, kRoomKeptMax)) {
    room_bytes_ = std::max(needed, std::min(2 * needed, kRoomKeptMax));
    room_ = std::make_unique<char[]>(room_bytes_);
  }
  z_stream& zlib = stream_->zlib;
  deflateReset(&zlib);
  zlib.next_in = zlib_bytes(payload.data());
  zlib.avail_in = static_cast<uInt>(payload.size());
  zlib.next_out = zlib_bytes(room_.get());
  zlib.avail_out = static_cast<uInt>(needed);
  // Full, it is not smaller.
  if (::deflate(&zlib, Z_SYNC_FLUSH) != Z_OK || zlib.avail_out == 0) return {};
  const std::string_view whole(room_.get(), needed - zlib.avail_out);
  return whole.substr(0, whole.size() - kTail.size());
}

struct Inflater::Stream {
  Stream() { ok = inflateInit2(&zlib, kRaw) == Z_OK; }
  ~Stream() { inflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Between two blocks, with no bit left over: what came so far is whole (zlib.h, inflate()).
  [[nodiscard]] bool at_block_boundary() const {
    constexpr int kBoundary = 128, kBitsLeft = 63;
    return zlib.avail_in == 0 && (zlib.data_type & kBoundary) != 0 && (zlib.data_type & kBitsLeft) == 0;
  }

  z_stream zlib{};
  bool ok;
};

Inflater::Inflater() = default;
Inflater::~Inflater() = default;

Inflater& Inflater::of_thread() {
  thread_local Inflater inflater;
  return inflater;
}

Inflated Inflater::inflate(std::string& payload, std::size_t limit) {
  if (!stream_ || !stream_->ok) stream_ = std::make_unique<Stream>();
  if (!stream_->ok || !fits(payload.size() + kTail.size()) || !fits(limit + 1)) return Inflated::Broken;
  z_stream& zlib = stream_->zlib;
  inflateReset(&zlib);
  payload.append(kTail);
  zlib.next_in = zlib_bytes(payload.data());
  zlib.avail_in = static_cast<uInt>(payload.size());
  std::string text;
  std::size_t written = 0;
  for (;;) {
    if (written == text.size()) {
      std::string larger(std::min(limit + 1, std::max(kFirstRoom, 2 * text.size())), '\0');
      std::copy(text.begin(), text.end(), larger.begin());
      text = std::move(larger);
    }
    zlib.next_out = zlib_bytes(text.data() + written);
    zlib.avail_out = static_cast<uInt>(text.size() - written);
    const int result = ::inflate(&zlib, Z_SYNC_FLUSH);
    written = text.size() - zlib.avail_out;
    if (written > limit) return Inflated::TooLarge;
    // Asked at once: zlib forgets where it stands when it is called again with nothing to read.
    if (result == Z_OK && stream_->at_block_boundary()) break;
    if (result == Z_STREAM_END) {
      inflateReset(&zlib);  // a message may have blocks that call themselves the last, and more behind them (RFC 7692, 7.2.3.4)
    } else if (result != Z_OK || zlib.avail_out > 0) {
      return Inflated::Broken;
    }
  }
  text.resize(written);
  payload = std::move(text);
  return Inflated::Whole;
}

}  // namespace tidegate::net
