// One document handed to a web server, by the library that speaks to S3: the command itself holds no HTTP.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"

namespace gristmill::storage {

struct HttpPost {
  std::string url;                   // http:// or https://
  std::vector<std::string> headers;  // "name: value"; one may hold a SECRET
  std::string_view body;
  std::map<std::string, std::string> environment;  // for the variables of proxies
  unsigned tries = 1;                              // of at most five seconds each
  const std::atomic<bool>* give_up = nullptr;      // once it is true, it is broken off
};

// An output error where the server did not take it (anything but 2xx); its message names no part of the URL.
Status post(const HttpPost& request);

// How the library is entered.
using HttpPoster = void(const HttpPost& request, Status& status);
inline constexpr const char* http_poster_name = "gristmill_http_post";

}  // namespace gristmill::storage
