#include "report/report.h"
#include "report/tables.h"
namespace gristmill {
__attribute__((weak)) std::string report_html(const RunReport&) { return ""; }
__attribute__((weak)) std::string validation_tables(const RunReport&, const TableStyle&) { return ""; }
__attribute__((weak)) std::string summary(const RunReport&, const TableStyle&) { return ""; }
}
