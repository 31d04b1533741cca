// The page forbids itself everything (Content-Security-Policy) but its own style and its one script, which is named by
// its hash: even a mistake in escaping would run nothing. Tested in report_html_test.cc.
#include "report/page.h"

#include <algorithm>
#include <cstdio>

#include "json/base64.h"
#include "report/page_script.h"
#include "report/page_style.h"
#include "storage/hash.h"
#include "text/figures.h"
#include "text/visible_text.h"

namespace gristmill::report {
namespace {

std::string sha256_base64(std::string_view text) {
  storage::StreamSha256 hash;
  hash.update(text);
  const std::string digits = hash.hex();
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  std::string encoded;
  json::append_base64(bytes, encoded);
  return encoded;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': html.append("&amp;"); break;
      case '<': html.append("&lt;"); break;
      case '>': html.append("&gt;"); break;
      case '"': html.append("&quot;"); break;
      case '\'': html.append("&#39;"); break;
      default: html.push_back(c);
    }
  }
  return html;
}

std::string foreign(std::string_view text, std::size_t most_columns) {
  if (text.empty()) return "<span class=\"soft\">(empty)</span>";
  std::string html = "<code><bdi>";
  const std::string visible = text::visible_text(text, most_columns, true);
  // Blanks at the ends would not be seen.
  const std::size_t first = std::min(visible.find_first_not_of(' '), visible.size());
  const std::size_t last = visible.find_last_not_of(' ');
  for (std::size_t i = 0; i < visible.size(); ++i) {
    const char c = visible[i];
    if (i < first || (last != std::string::npos && i > last)) {
      html.append("␣");
      continue;
    }
    // Quotes may stay as they are here: texts of the input are full of them.
    if (c == '"' || c == '\'') {
      html.push_back(c);
    } else {
      html.append(html_text({&c, 1}));
    }
  }
  return html.append("</bdi></code>");
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "–";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string number_cell(std::uint64_t number) { return "<td class=\"number\">" + text::grouped(number) + "</td>"; }

std::string html_cell(std::string_view html) { return std::string("<td>").append(html).append("</td>"); }

namespace {

std::string table_of_class(std::string_view kind, const std::vector<Head>& heads,
                           const std::vector<std::string>& rows) {
  std::string html = "<div class=\"scroll\"><table" + std::string(kind) + ">\n<thead><tr>";
  for (const Head& head : heads) {
    if (head.name.empty()) {
      html.append("<td></td>");
      continue;
    }
    html.append(head.number ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">");
    html.append(head.is_html ? std::string(head.name) : html_text(head.name)).append("</th>");
  }
  html.append("</tr></thead>\n<tbody>\n");
  for (const std::string& row : rows) html.append("<tr>").append(row).append("</tr>\n");
  return html.append("</tbody></table></div>\n");
}

}  // namespace

std::string html_table(const std::vector<Head>& heads, const std::vector<std::string>& rows, bool searchable) {
  return table_of_class(searchable ? " class=\"searchable\"" : "", heads, rows);
}

std::string sortable_table(const std::vector<Head>& heads, const std::vector<std::string>& rows) {
  return table_of_class(" class=\"sortable\"", heads, rows);
}

std::string html_page(std::string_view title, std::string_view body) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'sha256-";
  html.append(sha256_base64(page_script)).append("'\">\n<title>");
  html.append(html_text(title)).append("</title>\n<style>").append(page_style).append("</style>\n</head>\n<body>\n");
  return html.append(body).append("<script>").append(page_script).append("</script>\n</body>\n</html>\n");
}

}  // namespace gristmill::report
