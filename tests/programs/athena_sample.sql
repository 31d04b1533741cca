-- gristmill ddl athena: the output at "s3://results/daily". Athena runs one statement at a time.
-- A table that is there already stays as it is. After a run with other fields, drop it first (DROP
-- TABLE deletes no data of an external table) and print these statements again.
-- Athena looks neither at _SUCCESS nor at _manifest.json: while a run publishes, a query may see
-- old and new files side by side.

CREATE DATABASE IF NOT EXISTS `daily`;

CREATE EXTERNAL TABLE IF NOT EXISTS `daily`.`sessions` (
  `profile_id` string,
  `session_id` string,
  `number_of_collections` bigint,
  `weighted_mean_model_score` double,
  `mean_swipe_score` double,
  `failed_keystroke_predictions` bigint
)
STORED AS PARQUET
LOCATION 's3://results/daily/aggregated-parquet/';

CREATE EXTERNAL TABLE IF NOT EXISTS `daily`.`models` (
  `profile_id` string,
  `session_id` string,
  `model_name` string,
  `predictions` bigint,
  `scored` bigint,
  `failed` bigint,
  `mean_score` double,
  `weighted_mean_score` double,
  `min_score` double,
  `max_score` double
)
STORED AS PARQUET
LOCATION 's3://results/daily/aggregated-models/';

-- Every query has to name profiles in its WHERE, with = or IN, by profile_partition, which is the
-- name of the folder behind profile-id= as it stands. In it the bytes 01 to 1F and 7F, quotes,
-- backslashes and # % * / : = ? { [ ] ^ are %XX in capitals. Rows without a profile are in
-- __HIVE_DEFAULT_PARTITION__. Of a profile of that name, or null in any spelling, the first byte is
-- %XX.
-- SELECT * FROM labels WHERE profile_partition = '..%2F..%2Fetc%2Fpasswd'
CREATE EXTERNAL TABLE IF NOT EXISTS `daily`.`labels` (
  `profile_id` string,
  `session_id` string,
  `collection_id` string,
  `col_timestamp` double,
  `platform` string,
  `behaviour_type` string,
  `timestamp` string,
  `key_hash` string,
  `x` string,
  `y` string,
  `pressure` string,
  `metadata_platform` string,
  `tags` string,
  `entry_platform` string,
  `entry_session_id` string,
  `value` string
)
PARTITIONED BY (`profile_partition` string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES (
  'case.insensitive' = 'FALSE'
)
LOCATION 's3://results/daily/labels/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.profile_partition.type' = 'injected',
  'storage.location.template' = 's3://results/daily/labels/profile-id=${profile_partition}/'
);

-- Every query has to name profiles in its WHERE, with = or IN, by profile_partition, which is the
-- name of the folder behind profile-id= as it stands. In it the bytes 01 to 1F and 7F, quotes,
-- backslashes and # % * / : = ? { [ ] ^ are %XX in capitals. Rows without a profile are in
-- __HIVE_DEFAULT_PARTITION__. Of a profile of that name, or null in any spelling, the first byte is
-- %XX.
-- SELECT * FROM predictions WHERE profile_partition = 'amara'
CREATE EXTERNAL TABLE IF NOT EXISTS `daily`.`predictions` (
  `profile_id` string,
  `session_id` string,
  `collection_id` string,
  `timestamp` double,
  `model_name` string,
  `score` double,
  `confidence` double,
  `latency_ms` string,
  `prediction_timestamp` string
)
PARTITIONED BY (`profile_partition` string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES (
  'case.insensitive' = 'FALSE'
)
LOCATION 's3://results/daily/predictions/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.profile_partition.type' = 'injected',
  'storage.location.template' = 's3://results/daily/predictions/profile-id=${profile_partition}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `daily`.`quarantine` (
  `inputs_id` string,
  `dataset` string,
  `file` string,
  `line` bigint,
  `offset` bigint,
  `reason` string,
  `message` string,
  `raw` string,
  `raw_base64` string,
  `truncated` boolean,
  `length` bigint,
  `batch` bigint
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES (
  'case.insensitive' = 'FALSE'
)
LOCATION 's3://results/daily/quarantine/';
