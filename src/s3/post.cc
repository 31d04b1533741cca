// Tested by tests/programs/test_lineage.py.
#include "s3/post.h"

#include <chrono>
#include <thread>

#include "s3/http.h"

namespace gristmill::s3 {

Status post(const storage::HttpPost& request) {
  constexpr std::chrono::seconds patience{5};
  constexpr std::chrono::milliseconds pause{500};
  HttpOptions options;
  options.connections = 1;
  options.environment = request.environment;
  options.connect_timeout = patience;
  options.whole = patience;
  HttpRequest sent;
  sent.method = "POST";
  sent.url = request.url;
  sent.headers = request.headers;
  sent.body = request.body;
  HttpResponse answer;
  const auto given_up = [&] { return request.give_up != nullptr && *request.give_up; };
  for (unsigned tried = 0; tried < request.tries && !(tried > 0 && given_up()); ++tried) {
    if (tried > 0) std::this_thread::sleep_for(pause);
    answer = HttpClient(options).call(sent, given_up);
    if (answer.failure == HttpFailure::none && answer.status >= 200 && answer.status < 300) return {};
    if (answer.failure == HttpFailure::none && !is_temporary(answer)) break;
  }
  return Error::output(what_came(answer));
}

}  // namespace gristmill::s3
