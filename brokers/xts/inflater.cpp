#include "brokers/xts/inflater.hpp"

#define ZLIB_CONST
#include <zlib.h>

namespace tidegate::xts {

Inflater::Inflater() : stream_(std::make_unique<z_stream>()) {
  constexpr int kRawDeflate = -15;  // no zlib header; the largest window
  if (inflateInit2(stream_.get(), kRawDeflate) != Z_OK) stream_.reset();
}

Inflater::~Inflater() {
  if (stream_) inflateEnd(stream_.get());
}

Result<std::string_view> Inflater::inflate(std::string_view compressed, std::size_t size) {
  if (size > kInflatedBytesMax) return Error{Reason::BadShape, "body_size"};
  constexpr Error kBad{Reason::BadShape, "compressed_body"};
  if (!stream_ || inflateReset(stream_.get()) != Z_OK) return kBad;
  stream_->next_in = reinterpret_cast<const Bytef*>(compressed.data());
  stream_->avail_in = static_cast<uInt>(compressed.size());
  stream_->next_out = reinterpret_cast<Bytef*>(inflated_.data());
  stream_->avail_out = static_cast<uInt>(size + 1);  // one more than declared, so that a longer body shows
  // Z_FINISH: all of it now, so that zlib keeps no window and allocates nothing.
  if (::inflate(stream_.get(), Z_FINISH) != Z_STREAM_END) return kBad;
  if (stream_->avail_in != 0 || stream_->avail_out != 1) return kBad;
  return std::string_view{inflated_.data(), size};
}

}  // namespace tidegate::xts
