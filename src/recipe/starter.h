// The files that `gristmill init` writes: a recipe and a .env to begin with, made from the table of settings,
// so that they name every setting and no other.
//
// Prose begins with "# ", a setting that can be switched on with "#" alone: without that "#" each such line
// is the setting's default.
#pragma once

#include <string>

namespace gristmill::recipe {

// gristmill.yaml. It loads as it stands: collections, predictions and output are set to places to be changed,
// everything else is commented out.
std::string starter_recipe();

// .env. Everything is commented out.
std::string starter_dotenv();

}  // namespace gristmill::recipe
