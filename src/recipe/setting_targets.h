// Where a setting lives, by the member that holds it.
#pragma once

#include "recipe/settings.h"
#include "recipe/table.h"

namespace gristmill::recipe {

template <auto member>
SettingTarget in_recipe(Settings& settings) {
  return &(settings.recipe.*member);
}
template <auto member>
SettingTarget in_console(Settings& settings) {
  return &(settings.console.*member);
}
template <auto member>
SettingTarget in_s3(Settings& settings) {
  return &(settings.s3.*member);
}
template <auto member>
SettingTarget in_settings(Settings& settings) {
  return &(settings.*member);
}

}  // namespace gristmill::recipe
