// One request on its way by libcurl, and its answer as it comes.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "s3/http.h"

namespace gristmill::s3 {

struct Transfer {
  HttpPrepare prepare;
  HttpCallback done;
  const std::atomic<bool>* give_up = nullptr;
  std::optional<std::chrono::steady_clock::time_point> give_up_at;
  HttpRequest request;
  HttpResponse response;
  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  char words[CURL_ERROR_SIZE] = {};
  long status = 0;          // of the answer whose body comes
  std::string unfit;        // what is wrong with the answer
  std::size_t lines = 0;    // of headers, of all answers to this request
  std::uint64_t moved = 0;  // bytes, up and down, as of `moved_at`
  std::chrono::steady_clock::time_point moved_at;
};

// What libcurl's code means.
HttpFailure failure_of(CURLcode code);

// From now on what comes for `transfer.handle` goes to `transfer.response`, and its body to where the request wants it.
// What cannot be an answer, or is longer than one may be, ends the transfer, with its fault in `transfer.unfit`.
void receive(Transfer& transfer);

}  // namespace gristmill::s3
