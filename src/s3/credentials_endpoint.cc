// Whom the places ask, and how often. URLs are taken apart by libcurl, which is also what follows them: a check on
// a host that another parser had read could be passed by. Every try has a client of its own, because its time
// limit is what is left of the whole. Tested in credentials_test.cc.
#include <curl/curl.h>

#include <algorithm>
#include <thread>

#include "s3/credentials_places.h"

namespace gristmill::s3 {
namespace {

using Clock = std::chrono::steady_clock;

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

bool is_true(const std::string* text) {
  if (text == nullptr) return false;
  std::string lower = *text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return lower == "true";
}

Result<Endpoint> endpoint_of(const std::string& url, const std::string& origin) {
  const std::unique_ptr<CURLU, UrlCleanup> parsed(curl_url());
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME);
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  const auto wrong = [&](const std::string& why) {
    return Error::input("the URL that " + origin + " gives cannot be used: " + why,
                        "write it as https://host or https://host:port");
  };
  if (code != CURLUE_OK) return wrong(curl_url_strerror(code));
  if (scheme != "http" && scheme != "https") return wrong("it begins with neither http:// nor https://");
  if (!part_of(parsed.get(), CURLUPART_USER).empty() || !part_of(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return wrong("it has a user name or a password");
  }
  if (!part_of(parsed.get(), CURLUPART_QUERY).empty() || !part_of(parsed.get(), CURLUPART_FRAGMENT).empty()) {
    return wrong("it has a query or a fragment");
  }
  Endpoint endpoint;
  endpoint.host = part_of(parsed.get(), CURLUPART_HOST);
  const std::string port = part_of(parsed.get(), CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  if (!port.empty()) endpoint.host += ":" + port;
  endpoint.path = part_of(parsed.get(), CURLUPART_PATH);
  while (endpoint.path.ends_with('/')) endpoint.path.pop_back();
  endpoint.url = scheme + "://" + endpoint.host + endpoint.path;
  return endpoint;
}

Result<Endpoint> service_endpoint(const CredentialSearch& search, const std::string& service,
                                  const std::string& usual) {
  if (is_true(search.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) ||
      (search.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == nullptr &&
       is_true(search.setting("ignore_configured_endpoint_urls")))) {
    return endpoint_of(usual, "AWS");
  }
  std::string of_this = "AWS_ENDPOINT_URL_" + service;
  for (char& c : of_this) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  for (const std::string& name : {of_this, std::string("AWS_ENDPOINT_URL")}) {
    if (const std::string* url = search.variable(name)) return endpoint_of(*url, name);
  }
  if (const std::string* section = search.setting("services")) {
    const auto services = search.config.services.find(*section);
    if (services == search.config.services.end()) {
      return Error::input(
          search.name_of_profile(search.profile) + " names the section [services " + *section + "], which is not there",
          "write the section, or take 'services' out of the profile");
    }
    const auto url = services->second.find(service + ".endpoint_url");
    if (url != services->second.end() && !url->second.empty()) {
      return endpoint_of(url->second, "[services " + *section + "] in " + search.config.config_path);
    }
  }
  if (const std::string* url = search.setting("endpoint_url")) {
    return endpoint_of(*url, "endpoint_url of " + search.name_of_profile(search.profile));
  }
  return endpoint_of(usual, "AWS");
}

std::string_view dns_suffix(std::string_view region) {
  return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

HttpResponse ask(const CredentialSearch& search, HttpRequest request, const AskLimits& limits,
                 const std::function<bool(const HttpResponse&)>& again) {
  constexpr int tries = 3;
  const auto end = Clock::now() + limits.all;
  std::chrono::milliseconds pause{100};
  request.longest_body = longest_credentials;
  request.harmless = true;
  const auto given_up = [&search] { return search.is_given_up(); };
  for (int tried = 1;; ++tried) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    HttpOptions options;
    options.connections = 1;
    options.ca_bundle = search.options.ca_bundle;
    options.proxy = limits.proxy;
    options.environment = search.options.environment;
    options.connect_timeout = limits.connect;
    options.whole = std::max(std::min(limits.one, left), std::chrono::milliseconds(1));
    HttpResponse response = HttpClient(options).call(request, given_up);
    const bool unanswered = response.failure == HttpFailure::connect || response.failure == HttpFailure::timeout ||
                            response.failure == HttpFailure::address;
    const bool worth_it = response.failure == HttpFailure::broken || (unanswered && limits.again_unanswered) ||
                          (response.failure == HttpFailure::none && again(response));
    if (!worth_it || tried == tries || search.is_given_up() || Clock::now() + 2 * pause >= end) return response;
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
}

}  // namespace gristmill::s3
