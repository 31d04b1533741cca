// A request and its tries are one Pending, kept alive by whoever will call it next: the queue of the HTTP client.
// It is signed anew at every try, since time and keys may have changed. Tested by tests/s3
// against a real server and through a proxy that disturbs.
#include "s3/s3_client.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <future>

#include "s3/pending_request.h"
#include "s3/s3_objects.h"
#include "s3/s3_responses.h"
#include "text/redaction.h"

namespace gristmill::s3 {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr unsigned usual_attempts = 10;
// Of each request of an interrupted run that cleans up; after the first that takes longer the others are not made.
constexpr milliseconds limit_interrupted{3000};
// Of the answers that say what came of a request, in bytes: a thousand objects that could not be removed.
constexpr std::size_t longest_result = 4U << 20;
// S3 answers the beginning at once, and then sends blanks while it copies or puts parts together.
constexpr milliseconds patience_of_copies{15 * 60 * 1000};

std::string variable(const std::map<std::string, std::string>& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text == "true" || text == "1" || text == "yes" || text == "on";
}

// Can be part of a host's name, also under the certificate *.s3.amazonaws.com?
bool is_host_label(std::string_view bucket) {
  return !bucket.empty() && bucket.size() <= 63 && std::all_of(bucket.begin(), bucket.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

std::string_view name_of(RequestKind kind) {
  constexpr std::string_view names[] = {"list", "head", "get", "put", "copy", "multipart", "delete"};
  return names[static_cast<std::size_t>(kind)];
}

void S3Client::check_range(const Pending& pending, HttpResponse& response) {
  const S3Request& request = pending.request;
  const std::string& header = response.header("content-range");
  const bool missing = response.status == 206 && header.empty();
  const std::string wrong =
      wrong_range(missing ? "none" : header, request.offset + pending.received, request.offset + request.into_size);
  std::string etag = pending.etag;
  for (const auto& [name, value] : request.headers) {
    if (name == "if-match") etag = value;
  }
  const bool changed = !etag.empty() && !response.header("etag").empty() && response.header("etag") != etag;
  if (wrong.empty() && !changed) return;
  response.received = 0;
  response.status = wrong.empty() ? 412 : 0;  // what a server says that knows If-Match
  response.failure = wrong.empty() ? HttpFailure::none : HttpFailure::unfit;
  response.why = wrong;
}

S3Client::S3Client(const S3Options& options) : options_(options) { ready_ = set_up(); }
S3Client::~S3Client() = default;

Status S3Client::set_up() {
  const S3Settings& settings = options_.settings;
  const auto& environment = options_.environment;
  GM_ASSIGN(const AwsConfig config, read_aws_config(environment));
  const std::string chosen = chosen_profile(settings.profile, environment);
  const auto of_profile = [&](const std::string& name) {
    const auto profile = config.profiles.find(chosen);
    const std::string* value = profile == config.profiles.end() ? nullptr : profile->second.find(name);
    return value == nullptr ? std::string() : *value;
  };
  const auto first = [](std::initializer_list<std::string> values) {
    for (const std::string& value : values) {
      if (!value.empty()) return value;
    }
    return std::string();
  };

  default_region_ = first({settings.region, variable(environment, "AWS_REGION"),
                           variable(environment, "AWS_DEFAULT_REGION"), of_profile("region"), "us-east-1"});
  std::string service_endpoint;
  if (const auto services = config.services.find(of_profile("services")); services != config.services.end()) {
    const auto found = services->second.find("s3.endpoint_url");
    if (found != services->second.end()) service_endpoint = found->second;
  }
  std::string endpoint = settings.endpoint;
  if (endpoint.empty() && !is_true(variable(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))) {
    endpoint = first({variable(environment, "AWS_ENDPOINT_URL_S3"), variable(environment, "AWS_ENDPOINT_URL"),
                      service_endpoint, of_profile("endpoint_url")});
  }
  if (!endpoint.empty()) {
    const std::size_t scheme = endpoint.find("://");
    const std::string name = scheme == std::string::npos ? "" : endpoint.substr(0, scheme);
    if (name != "http" && name != "https") {
      return Error::usage("the S3 endpoint '" + text::without_secrets(endpoint) + "' is no URL",
                          "write it as https://host or http://host:port");
    }
    const std::size_t slash = endpoint.find('/', scheme + 3);
    endpoint_.scheme = name;
    endpoint_.host = endpoint.substr(scheme + 3, slash == std::string::npos ? slash : slash - scheme - 3);
    endpoint_.path = slash == std::string::npos ? "" : endpoint.substr(slash);
    while (endpoint_.path.ends_with('/')) endpoint_.path.pop_back();
    endpoint_.own = true;
    // A password with a '/' in it would leave the host.
    if (endpoint_.host.empty() || endpoint.find('@') != std::string::npos) {
      return Error::usage("the S3 endpoint is no URL of a host alone", "write it as https://host or http://host:port");
    }
  }
  const std::string attempts = first({variable(environment, "AWS_MAX_ATTEMPTS"), of_profile("max_attempts")});
  attempts_ = attempts.empty() ? usual_attempts
                               : std::max(1U, static_cast<unsigned>(std::strtoul(attempts.c_str(), nullptr, 10)));

  CredentialOptions credentials;
  credentials.environment = environment;
  credentials.profile = settings.profile;
  credentials.anonymous = settings.anonymous;
  credentials.region = default_region_;
  credentials.given_up = [this] { return !held_ && is_interrupted(); };
  credentials.ca_bundle = first({settings.ca_bundle, variable(environment, "AWS_CA_BUNDLE"), of_profile("ca_bundle")});
  credentials.keys = options_.keys;
  HttpOptions http;
  http.connections = settings.connections;
  http.ca_bundle = credentials.ca_bundle;
  http.environment = environment;
  credentials_ = make_credential_source(std::move(credentials));
  http_ = std::make_unique<HttpClient>(std::move(http));
  return {};
}

std::string S3Client::region_of(const std::string& bucket) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = region_by_bucket_.find(bucket);
  return found == region_by_bucket_.end() ? default_region_ : found->second;
}

std::string S3Client::owner_of(const std::string& bucket) const {
  std::string for_all;
  for (const std::string& owner : options_.settings.bucket_owners) {
    const std::size_t equals = owner.find('=');
    if (equals == std::string::npos) {
      for_all = owner;
    } else if (owner.compare(0, equals, bucket) == 0) {
      return owner.substr(equals + 1);
    }
  }
  return for_all;
}

std::string S3Client::host_of(const std::string& bucket, bool& in_path) const {
  const S3Addressing addressing = options_.settings.addressing;
  in_path = addressing == S3Addressing::path ||
            (addressing == S3Addressing::automatic && (endpoint_.own || !is_host_label(bucket)));
  if (endpoint_.own) return in_path ? endpoint_.host : bucket + "." + endpoint_.host;
  const std::string region = region_of(bucket);
  const auto& environment = options_.environment;
  std::string host = is_true(variable(environment, "AWS_USE_FIPS_ENDPOINT")) ? "s3-fips" : "s3";
  if (is_true(variable(environment, "AWS_USE_DUALSTACK_ENDPOINT"))) host += ".dualstack";
  host += "." + region + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
  return in_path ? host : bucket + "." + host;
}

void S3Client::guard(std::shared_ptr<Fence> fence) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::erase_if(fences_, [&](const auto& other) { return other->root() == fence->root(); });
  fences_.push_back(std::move(fence));
}

std::shared_ptr<Fence> S3Client::fence_of(const S3Request& request) const {
  const std::string& key = request.key.empty() ? request.first_key : request.key;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& fence : fences_) {
    if (fence->guards(request.bucket, key)) return fence;
  }
  return nullptr;
}

std::int64_t S3Client::server_time() const { return clock_.now().value_or(std::time(nullptr)); }

bool S3Client::signs_queries() const { return !queries_refused_ && !options_.settings.anonymous; }

unsigned S3Client::lifetime_of(Pending& pending, std::int64_t now) const {
  const S3Request& request = pending.request;
  if (request.lifetime != 0 || !request.changes()) return request.lifetime;
  pending.fence = fence_of(request);
  if (pending.fence == nullptr) return 0;
  const Fence& fence = *pending.fence;
  if (fence.is_lost()) {
    pending.failure =
        Error::output("the lease on '" + fence.root() +
                          "' was lost: this run was paused, or cut off from S3, for longer than the " +
                          std::to_string(fence.life()) +
                          " s that a lease lasts, and another run may have taken the output",
                      "see what is published with 'gristmill verify " + fence.root() + "', then run again")
            .in_file(fence.root());
    return 0;
  }
  const std::int64_t left = fence.end() - now;
  pending.lapsed = left < 1;
  if (pending.lapsed) return 0;
  pending.lapsed_since.reset();
  // What only this run writes harms nobody, however late; a large body may take its time.
  const bool own = !staging_folder_of({request.bucket, request.key}).empty();
  return static_cast<unsigned>(own ? left : std::min<std::int64_t>(left, request_lifetime(fence.life())));
}

bool S3Client::wait_for_renewal(const std::shared_ptr<Pending>& pending, S3Response& answer) {
  if (!std::exchange(pending->lapsed, false)) return false;
  const Fence& fence = *pending->fence;
  if (!held_ && is_interrupted()) {
    answer.failure = Error::interrupted();
    return false;
  }
  if (!pending->lapsed_since) pending->lapsed_since = Clock::now();
  if (Clock::now() - *pending->lapsed_since > std::chrono::seconds(fence.life())) {
    answer.failure = Error::output("the lease on '" + fence.root() + "' has run out and could not be renewed for " +
                                       std::to_string(fence.life()) + " s" + fence.trouble(),
                                   "check the network, then run 'gristmill recover " + fence.root() + "'")
                         .in_file(fence.root());
    return false;
  }
  pending->fence->ask_for_renewal();
  --pending->tries;
  send(pending, pause_for_renewal);
  return true;
}

HttpRequest S3Client::prepare(Pending& pending) {
  const S3Request& request = pending.request;
  HttpRequest http;
  http.method = request.method;
  http.body = request.body;
  // To fetch them may take long: the time that counts is taken after it.
  const auto credentials = credentials_->get();
  if (!credentials.ok()) {
    pending.failure = credentials.error();
    return http;  // without a URL it fails at once
  }
  const std::int64_t now = server_time();
  const unsigned lifetime = lifetime_of(pending, now);
  if (pending.lapsed || pending.failure) return http;
  bool in_path = false;
  const std::string host = host_of(request.bucket, in_path);
  std::string path = endpoint_.path;
  if (in_path) path += "/" + uri_encoded(request.bucket);
  if (!request.key.empty() || !in_path) path += "/" + uri_encoded(request.key, true);

  RequestToSign to_sign{request.method, host, path, request.query, request.headers, "UNSIGNED-PAYLOAD"};
  if (request.into != nullptr) {
    http.into = request.into + pending.received;
    http.into_size = request.into_size - pending.received;
    to_sign.headers.emplace_back("range", "bytes=" + std::to_string(request.offset + pending.received) + "-" +
                                              std::to_string(request.offset + request.into_size - 1));
    const bool matched = std::any_of(request.headers.begin(), request.headers.end(),
                                     [](const auto& header) { return header.first == "if-match"; });
    if (!matched && !pending.etag.empty()) to_sign.headers.emplace_back("if-match", pending.etag);
  }
  if (const std::string owner = owner_of(request.bucket); !owner.empty()) {
    to_sign.headers.emplace_back("x-amz-expected-bucket-owner", owner);
  }
  if (options_.settings.requester_pays) to_sign.headers.emplace_back("x-amz-request-payer", "requester");
  pending.conditional = !request.condition.first.empty() && !refuses_conditions(request.kind);
  if (pending.conditional) to_sign.headers.push_back(request.condition);

  pending.region = region_of(request.bucket);
  pending.signed_at = now;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    source_ = credentials->source;
    ++counts_.by_kind[static_cast<std::size_t>(request.kind)];
    if (pending.tries > 1) ++counts_.tried_again;
  }
  std::string query = canonical_query(request.query);
  pending.expires = lifetime > 0 && !credentials->anonymous && !queries_refused_;
  if (credentials->anonymous) {
    for (const auto& [name, value] : to_sign.headers) http.headers.push_back(name + ": " + value);
  } else if (pending.expires) {
    QuerySignature signature =
        signed_query(to_sign, credentials->keys, pending.region, "s3", now - request.signed_ago, lifetime);
    query = std::move(signature.query);
    http.headers = std::move(signature.headers);
  } else {
    http.headers = signed_headers(to_sign, credentials->keys, pending.region, "s3", now);
  }
  http.url = endpoint_.scheme + "://" + host + path + (query.empty() ? "" : "?" + query);
  if (!request.body.empty() || request.method == "PUT" || request.method == "POST") {
    const bool typed = std::any_of(request.headers.begin(), request.headers.end(),
                                   [](const auto& header) { return header.first == "content-type"; });
    if (!typed) http.headers.emplace_back("content-type:");  // libcurl's own guess is a form
  }
  return http;
}

void S3Client::start(S3Request request, std::function<void(S3Response)> done) {
  auto pending = std::make_shared<Pending>();
  pending->request = std::move(request);
  pending->done = std::move(done);
  // What else is begun after the interruption cleans up.
  const bool interrupted = options_.interrupted != nullptr && *options_.interrupted;
  if (!held_ && (!interrupted || pending->request.part_of_work)) pending->give_up = options_.interrupted;
  S3Response answer;
  if (!ready_.ok()) {
    answer.failure = ready_.error();
    return pending->done(std::move(answer));
  }
  // Here and not in the HTTP client's thread, which would hold up all other requests for so long.
  if (const auto credentials = credentials_->get(); !credentials.ok()) {
    answer.failure = credentials.error();
    return pending->done(std::move(answer));
  }
  send(pending, milliseconds(0));
}

HttpRequest S3Client::prepare_within_limits(Pending& pending) {
  HttpRequest http = prepare(pending);
  const RequestKind kind = pending.request.kind;
  http.longest_body = kind == RequestKind::list ? longest_listing : longest_result;
  const bool ends_parts = kind == RequestKind::multipart && pending.request.method == "POST";
  if (kind == RequestKind::copy || ends_parts) http.patience = patience_of_copies;
  if (!held_ && is_interrupted()) {
    http.whole = limit_interrupted;
    if (hopeless_) http.url.clear();  // fails at once
  }
  return http;
}

void S3Client::send(const std::shared_ptr<Pending>& pending, milliseconds delay) {
  ++pending->tries;
  http_->send([this, pending] { return prepare_within_limits(*pending); },
              [this, pending](HttpResponse response) { answered(pending, std::move(response)); }, delay,
              pending->give_up);
}

void S3Client::answered(const std::shared_ptr<Pending>& pending, HttpResponse response) {
  const S3Request& request = pending->request;
  S3Response answer;
  if (response.status < 500) clock_.observe(response.header("date"));  // else it may be a proxy's
  if (response.failure != HttpFailure::given_up && wait_for_renewal(pending, answer)) return;
  if (answer.failure) return pending->done(std::move(answer));
  answer.tries = pending->tries;
  answer.http = std::move(response);
  answer.failure = pending->failure;
  if (answer.http.failure == HttpFailure::given_up) answer.failure = Error::interrupted();
  if (answer.http.sent_again > 0) {
    warn(std::string(name_of(request.kind)) + " " + request.uri() +
         ": the connection was closed before the answer; try " + std::to_string(pending->tries + 1) + " of " +
         std::to_string(attempts_) + " on a new one");
    pending->tries += answer.http.sent_again;
    answer.tries = pending->tries;
  }
  if (answer.http.failure == HttpFailure::timeout && !held_ && is_interrupted()) hopeless_ = true;
  if (request.into != nullptr && answer.http.received > 0) check_range(*pending, answer.http);
  const bool partial = request.into != nullptr && answer.http.received > 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    counts_.by_kind[static_cast<std::size_t>(request.kind)] += answer.http.sent_again;
    counts_.tried_again += answer.http.sent_again;
    if (answer.http.status != 0 && answer.http.status < 500)
      region_by_bucket_.try_emplace(request.bucket, pending->region);
  }
  if (partial) {
    pending->received += answer.http.received;
    if (!answer.http.header("etag").empty()) pending->etag = answer.http.header("etag");
  }
  // Some errors come with status 200, after S3 had begun to answer: of copies, of the end of an upload in parts, and
  // of single objects among those to be removed.
  if (answer.http.status == 200 && answer.http.body.find("<Error>") != std::string::npos) {
    const ErrorDocument error = error_in(answer.http.body);
    const bool late = request.kind == RequestKind::copy || request.kind == RequestKind::multipart;
    if (late || (request.kind == RequestKind::remove && is_passing(error.code))) answer.http.status = 500;
    if (request.kind == RequestKind::remove && pending->expires && says_expired(error.message))
      answer.http.status = 403;
  }
  if (!answer.failure && !answer.ok()) {
    const ErrorDocument error = error_in(answer.http.body);
    answer.code = error.code;
    answer.message = error.message;
    if (try_again(pending, answer)) return;
  }
  answer.http.received = pending->received;
  pending->done(std::move(answer));
}

S3Response S3Client::call(S3Request request) {
  std::promise<S3Response> promise;
  start(std::move(request), [&](S3Response answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

std::vector<std::string> S3Client::secrets() const {
  return credentials_ == nullptr ? std::vector<std::string>() : credentials_->secrets();
}

void S3Client::warn(const std::string& text) const {
  if (options_.warn) options_.warn(text::without_secrets(text, secrets()));
}

std::string S3Client::source_name() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return source_.empty() ? "unknown" : source_;
}

Result<std::string> S3Client::describe(const std::string& bucket) {
  GM_RETURN_IF_ERROR(ready_);
  GM_ASSIGN(const Credentials credentials, credentials_->get());
  bool in_path = false;
  std::string host = host_of(bucket, in_path);
  if (!in_path && !endpoint_.own) host = host.substr(bucket.size() + 1);
  return "credentials from " + credentials.source + "; " + endpoint_.scheme + "://" + host + endpoint_.path +
         ", region " + region_of(bucket);
}

void S3Client::remember_staging(const std::string& folder) {
  const std::lock_guard<std::mutex> lock(mutex_);
  staged_.insert(folder);
}

bool S3Client::has_staged(const std::string& folder) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return staged_.contains(folder);
}

RequestCounts S3Client::counts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

}  // namespace gristmill::s3
