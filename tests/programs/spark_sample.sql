-- gristmill ddl spark: the output at "s3://results/daily". Print these statements again after a run
-- with other fields.

CREATE DATABASE IF NOT EXISTS `daily`;

DROP TABLE IF EXISTS `daily`.`gristmill_sessions`;
CREATE TABLE `daily`.`gristmill_sessions` (
  `profile_id` STRING,
  `session_id` STRING,
  `number_of_collections` BIGINT,
  `weighted_mean_model_score` DOUBLE,
  `mean_swipe_score` DOUBLE,
  `failed_keystroke_predictions` BIGINT
)
USING parquet
LOCATION 's3a://results/daily/aggregated-parquet';
CREATE OR REPLACE VIEW `daily`.`sessions` AS
SELECT
  `profile_id`,
  `session_id`,
  `number_of_collections`,
  `weighted_mean_model_score`,
  `mean_swipe_score`,
  `failed_keystroke_predictions`
FROM `daily`.`gristmill_sessions`;
DROP TABLE IF EXISTS `daily`.`gristmill_models`;
CREATE TABLE `daily`.`gristmill_models` (
  `profile_id` STRING,
  `session_id` STRING,
  `model_name` STRING,
  `predictions` BIGINT,
  `scored` BIGINT,
  `failed` BIGINT,
  `mean_score` DOUBLE,
  `weighted_mean_score` DOUBLE,
  `min_score` DOUBLE,
  `max_score` DOUBLE
)
USING parquet
LOCATION 's3a://results/daily/aggregated-models';
CREATE OR REPLACE VIEW `daily`.`models` AS
SELECT
  `profile_id`,
  `session_id`,
  `model_name`,
  `predictions`,
  `scored`,
  `failed`,
  `mean_score`,
  `weighted_mean_score`,
  `min_score`,
  `max_score`
FROM `daily`.`gristmill_models`;

DROP TABLE IF EXISTS `daily`.`gristmill_labels`;
CREATE TABLE `daily`.`gristmill_labels` (
  `profile_id` STRING,
  `session_id` STRING,
  `collection_id` STRING,
  `col_timestamp` STRING,
  `platform` STRING,
  `behaviour_type` STRING,
  `timestamp` STRING,
  `key_hash` STRING,
  `x` STRING,
  `y` STRING,
  `pressure` STRING,
  `metadata_platform` STRING,
  `tags` STRING,
  `entry_platform` STRING,
  `entry_session_id` STRING,
  `value` STRING,
  `profile-id` STRING
)
USING json
OPTIONS (maxStringLen '2147483647', maxNumLen '2147483647', maxNestingDepth '2147483647')
LOCATION 's3a://results/daily/labels';
CREATE OR REPLACE VIEW `daily`.`labels` AS
SELECT
  `profile_id`,
  `session_id`,
  `collection_id`,
  try_cast(try_cast(`col_timestamp` AS DECIMAL(38, 0)) AS BIGINT) AS `col_timestamp`,
  `platform`,
  `behaviour_type`,
  `timestamp`,
  `key_hash`,
  `x`,
  `y`,
  `pressure`,
  `metadata_platform`,
  `tags`,
  `entry_platform`,
  `entry_session_id`,
  `value`,
  `profile-id` AS `profile_partition`
FROM `daily`.`gristmill_labels`;

DROP TABLE IF EXISTS `daily`.`gristmill_predictions`;
CREATE TABLE `daily`.`gristmill_predictions` (
  `profile_id` STRING,
  `session_id` STRING,
  `collection_id` STRING,
  `timestamp` STRING,
  `model_name` STRING,
  `score` DOUBLE,
  `confidence` DOUBLE,
  `latency_ms` STRING,
  `prediction_timestamp` STRING,
  `profile-id` STRING
)
USING json
OPTIONS (maxStringLen '2147483647', maxNumLen '2147483647', maxNestingDepth '2147483647')
LOCATION 's3a://results/daily/predictions';
CREATE OR REPLACE VIEW `daily`.`predictions` AS
SELECT
  `profile_id`,
  `session_id`,
  `collection_id`,
  try_cast(try_cast(`timestamp` AS DECIMAL(38, 0)) AS BIGINT) AS `timestamp`,
  `model_name`,
  `score`,
  `confidence`,
  `latency_ms`,
  `prediction_timestamp`,
  `profile-id` AS `profile_partition`
FROM `daily`.`gristmill_predictions`;

DROP TABLE IF EXISTS `daily`.`gristmill_quarantine`;
CREATE TABLE `daily`.`gristmill_quarantine` (
  `inputs_id` STRING,
  `dataset` STRING,
  `file` STRING,
  `line` BIGINT,
  `offset` BIGINT,
  `reason` STRING,
  `message` STRING,
  `raw` STRING,
  `raw_base64` STRING,
  `truncated` BOOLEAN,
  `length` BIGINT,
  `batch` BIGINT
)
USING json
OPTIONS (maxStringLen '2147483647', maxNumLen '2147483647', maxNestingDepth '2147483647')
LOCATION 's3a://results/daily/quarantine';
CREATE OR REPLACE VIEW `daily`.`quarantine` AS
SELECT
  `inputs_id`,
  `dataset`,
  `file`,
  `line`,
  `offset`,
  `reason`,
  `message`,
  `raw`,
  `raw_base64`,
  `truncated`,
  `length`,
  `batch`
FROM `daily`.`gristmill_quarantine`;
