// consumer COLLECTIONS PREDICTIONS OUTPUT: runs gristmill as a library, as docs/guide/library.md tells it, and prints the
// report's JSON; an error goes to stderr with what its members say.
#include <gristmill/recipe.h>
#include <gristmill/report.h>
#include <gristmill/run.h>
#include <gristmill/s3_options.h>
#include <gristmill/storage.h>

#include <cstdlib>
#include <iostream>

namespace {

int failed(const gristmill::Error& error) {
  std::cerr << error.message << "\nfile=" << error.file << " line=" << error.line << " key=" << error.key << "\n";
  return static_cast<int>(error.kind);
}

}  // namespace

int main(int count, char** values) {
  if (count != 4) return 64;
  gristmill::Recipe recipe;
  recipe.collections = {values[1]};
  recipe.predictions = {values[2]};
  recipe.output = values[3];
  recipe.threads = 2;
  recipe.memory = 64 << 20;
  if (const char* name = std::getenv("CARRY")) recipe.carry = {name};
  if (const gristmill::Status status = gristmill::check_recipe(recipe); !status) return failed(status.error());

  gristmill::S3Settings s3;
  if (const char* endpoint = std::getenv("ENDPOINT")) s3.endpoint = endpoint;
  s3.anonymous = true;
  const auto storage =
      gristmill::make_storage(gristmill::s3_options(s3, {}, {}, gristmill::resources_of(recipe).memory));

  gristmill::RunContext context;
  context.storage = storage.get();
  const gristmill::Result<gristmill::RunOutcome> outcome = gristmill::run(recipe, context);
  if (!outcome) return failed(outcome.error());
  std::cout << gristmill::report_json(outcome->report);
  return outcome->end == gristmill::RunEnd::published ? 0 : static_cast<int>(gristmill::ErrorKind::validation);
}
