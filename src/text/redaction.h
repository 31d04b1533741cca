// What somebody else says, fit for a message: without secrets. Control characters are made visible where a message is
// shown (text/visible_text.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gristmill::text {

// `text` with *** in place of every one of `secrets`, also where it is encoded for a URL or escaped for JSON, and of
// what is a secret by its place: user and password of a URL, the signature and the token of a request, the values of
// the headers that carry them.
std::string without_secrets(std::string_view text, const std::vector<std::string>& secrets = {});

// The first line of that, and not too much of it.
std::string first_line_redacted(std::string_view text, const std::vector<std::string>& secrets);

}  // namespace gristmill::text
