"""The same bytes, wherever input and output lie; and what every command does on S3."""

import json
import random
import re
import shutil
import time

import hostile
import pytest
from command import CHECKS, INPUT, OK, OUTPUT, REPOSITORY, USAGE
from lines import collection, compressed, prediction, write_lines
from on_s3 import nothing_left_over, published, same
from outputs import contents, report

FAILING = ["--checks-range-severity", "fail"]  # of the examples, whose scores are not all from 0 to 1


def examples(folder, suffix=""):
    """The sample of the repository, compressed; the folder holds a folder for each data set."""
    for path in sorted((REPOSITORY / "examples").glob("*/*.jsonl")):
        target = folder / path.parent.name / (path.name + suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(compressed(path.read_bytes(), suffix))
    (folder / "recipe.yaml").write_text("{}\n")
    return folder


def hostile_data(folder, suffix, seed):
    """Random lines in two files of each data set, with a random recipe."""
    rng = random.Random(seed)
    recipe = hostile.make_recipe(rng)
    for dataset in ("collections", "predictions"):
        (folder / dataset).mkdir(parents=True)
        for number in range(2):
            data = hostile.make_file(rng, hostile.LineMaker(rng, dataset, recipe), 150)
            (folder / dataset / f"{number}.jsonl{suffix}").write_bytes(compressed(data, suffix))
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    return folder


def words(data, output, *more):
    return ["run", "--recipe", f"{data}/recipe.yaml", "--collections", f"{data}/collections/",
            "--predictions", f"{data}/predictions/", "--output", output, "--publish-anyway", "--quiet", *more]


def everywhere(gristmill, client, buckets, folder):
    """Runs the same data from and to everywhere, in several settings, and compares all with local to local."""
    local = folder / "data"
    gristmill(*words(local, "local")).must(OK)
    expected = contents(folder / "local")
    client.upload(local, buckets.incoming + "/data")
    there = buckets.incoming + "/data"
    settings = [["--threads", 1], ["--threads", 4, "--memory", "16MiB"]]
    for number, (source, to_s3, more) in enumerate([
            (local, True, settings[0]), (there, True, settings[1]), (there, True, settings[0]), (there, False, settings[1])]):
        output = f"{buckets.outgoing}/{number}/daily" if to_s3 else "here"
        gristmill(*words(source, output, *more)).must(OK)
        actual = published(client, output, folder / str(number)) if to_s3 else contents(folder / output)
        same(expected, actual)
        if to_s3:
            gristmill("verify", output).must(OK)
    return expected


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_examples(gristmill, client, buckets, tmp_path, suffix):
    examples(tmp_path / "data", suffix)
    expected = everywhere(gristmill, client, buckets, tmp_path)
    assert "quarantine/collections.jsonl" in expected


def can_be_listed(data) -> bool:
    """Whether no id holds one of two characters that XML cannot: versitygw's listings, unlike S3's, have them as others."""
    text = b"".join(path.read_bytes() for path in data.glob("*/*"))
    return not re.search(rb"\xef\xbf[\xbe\xbf]|[fF]{3}[eEfF]", text)


def hostile_everywhere(gristmill, client, buckets, folder, seed, suffix):
    while not can_be_listed(hostile_data(folder / "data", "", seed)):
        shutil.rmtree(folder / "data")
        seed += 1000
    shutil.rmtree(folder / "data")
    hostile_data(folder / "data", suffix, seed)
    everywhere(gristmill, client, buckets, folder)


@pytest.mark.parametrize("seed, suffix", [(1, ""), (2, ".gz"), (3, ".zst"), (4, "")])
def test_hostile_lines(gristmill, client, buckets, tmp_path, seed, suffix):
    hostile_everywhere(gristmill, client, buckets, tmp_path, seed, suffix)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 130))
def test_many_hostile_lines(gristmill, client, buckets, tmp_path, seed):
    hostile_everywhere(gristmill, client, buckets, tmp_path, seed, ("", ".gz", ".zst")[seed % 3])


def test_ids_of_every_kind_as_keys(gristmill, client, buckets, tmp_path):
    """A partition's name becomes part of a key: spaces, plus signs, percent signs, markup, other scripts."""
    ids = [*(f"x{chr(code)}y" for code in range(1, 127)), "é", "日本", "😀", "a b+c%20d&e<f>", "%", "..",
           "__HIVE_DEFAULT_PARTITION__"]
    path = write_lines(tmp_path / "c.jsonl", [collection(each, f"s{n}", f"c{n}") for n, each in enumerate(ids)])
    gristmill.run(path, (), "local").must(OK)
    gristmill.run(path, (), buckets.output).must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "first"))
    # Once more over it, with half of them: what has to be listed, compared and deleted is named as well.
    write_lines(path, [collection(each, f"t{n}", f"c{n}") for n, each in enumerate(ids) if n % 2])
    gristmill.run(path, (), "local").must(OK)
    gristmill.run(path, (), buckets.output).must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "second"))


# ---- over an earlier output

def test_unchanged_objects_are_not_copied_again(gristmill, proxy, client, buckets, on_s3):
    gristmill.run(*on_s3, buckets.output).must(OK)
    first = client.tree(buckets.output)
    proxy.begin()
    gristmill.run(*on_s3, buckets.output).must(OK)
    copied = {request.key.removeprefix("daily/") for request in proxy.of_kind("CopyObject")}
    assert copied == {"validation/report.json", "validation/history.jsonl", "_manifest.json", "_SUCCESS"}
    second = client.tree(buckets.output)
    assert {name for name in first if first[name] != second[name]} <= {"validation/report.json", "validation/history.jsonl", "_manifest.json"}
    assert first.keys() == second.keys()
    nothing_left_over(client, buckets.output)
    gristmill("verify", buckets.output).must(OK)


def test_partitions_that_are_gone(gristmill, client, buckets, small, on_s3, tmp_path):
    more = write_lines(tmp_path / "more.jsonl", [collection(f"gone{n}", "s", "c") for n in range(20)])
    gristmill.run([small[0], more], small[1], buckets.output).must(OK)
    gristmill.run(*on_s3, buckets.output).must(OK)
    gristmill.run(*small, "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


def test_stranger_in_the_output(gristmill, client, buckets, on_s3):
    gristmill.run(*on_s3, buckets.output).must(OK)
    client.put(buckets.output + "/labels/profile-id=p1/mine.txt", b"mine")
    before = client.tree(buckets.output)
    gristmill.run(*on_s3, buckets.output).must_fail(OUTPUT, "labels/profile-id=p1/mine.txt")
    assert client.tree(buckets.output) == before
    client.remove(buckets.output + "/labels/profile-id=p1/mine.txt")
    gristmill.run(*on_s3, buckets.output).must(OK)


def test_stranger_where_no_output_is(gristmill, client, buckets, on_s3):
    client.put(buckets.output + "/mine.txt", b"mine")
    gristmill.run(*on_s3, buckets.output).must_fail(OUTPUT, "mine.txt")
    assert client.tree(buckets.output) == {"mine.txt": b"mine"}


@pytest.mark.parametrize("moment, code", [("PutObject", OUTPUT), ("CopyObject", OK)])
def test_stranger_who_comes_during_a_run(gristmill, proxy, client, buckets, on_s3, tmp_path, moment, code):
    """Before the point of no return he is a reason to refuse; after it he survives, and the run says so."""
    gristmill.run(*on_s3, buckets.output).must(OK)
    path = write_lines(tmp_path / "new.jsonl", [collection("new", "s", "c")])
    seen = []

    def plan(request):
        if request.kind == moment and "/labels/" in request.key and not seen:
            seen.append(client.put(buckets.output + "/labels/profile-id=p1/mine.txt", b"mine"))

    proxy.begin(plan)
    outcome = gristmill.run(path, (), buckets.output).must(code)
    assert seen and client.get(buckets.output + "/labels/profile-id=p1/mine.txt") == b"mine"
    assert "labels/profile-id=p1/mine.txt" in outcome.stderr
    client.remove(buckets.output + "/labels/profile-id=p1/mine.txt")
    if code == OUTPUT:  # what was staged is kept for `gristmill publish`
        assert "gristmill publish" in outcome.stderr
        gristmill("publish", buckets.output).must(OK)
    gristmill.run(path, (), "local").must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


def test_markers_of_folders(gristmill, client, buckets, small, on_s3, tmp_path):
    """Other tools make empty objects for folders; nobody minds them."""
    for name in ("collections/", "collections/empty/", "predictions/"):
        client.put(f"{buckets.incoming}/{name}", b"")
    markers = ["/", "/labels/", "/labels/profile-id=gone/", "/mine/"]
    for name in markers:
        client.put(buckets.output + name, b"")
    gristmill.run(*small, "local").must(OK)
    for _ in range(2):
        gristmill.run(buckets.incoming + "/collections/", buckets.incoming + "/predictions", buckets.output).must(OK)
        gristmill("verify", buckets.output).must(OK)
        for name in markers:
            client.remove(buckets.output + name)
        same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))
        shutil.rmtree(tmp_path / "there")
        for name in markers:
            client.put(buckets.output + name, b"")


@pytest.mark.root
@pytest.mark.parametrize("form", ["{}", "{}/", "{}//"])
def test_bucket_as_output(gristmill, client, buckets, small, tmp_path, form):
    gristmill.run(*small, "local").must(OK)
    for number in range(2):
        gristmill.run(*small, form.format(buckets.outgoing)).must(OK)
        same(contents(tmp_path / "local"), published(client, buckets.outgoing, tmp_path / str(number)))


def test_an_output_beside_another_of_the_same_beginning(gristmill, client, buckets, small):
    gristmill.run(*small, buckets.outgoing + "/daily-2").must(OK)
    before = client.tree(buckets.outgoing + "/daily-2")
    gristmill.run(*small, buckets.outgoing + "/daily").must(OK)
    gristmill.run(small[0], (), buckets.outgoing + "/daily").must(OK)
    assert client.tree(buckets.outgoing + "/daily-2") == before


# ---- the other commands

@pytest.fixture
def both(gristmill, client, buckets, tmp_path):
    """The examples here and there, and an output of each."""
    local = examples(tmp_path / "data")
    there = client.upload(local, buckets.incoming + "/data")
    gristmill(*words(local, "local")).must(OK)
    gristmill(*words(there, buckets.output)).must(OK)
    return local, there


def inputs(data):
    return ["--collections", f"{data}/collections", "--predictions", f"{data}/predictions/*.jsonl"]


def test_report_counts_the_requests(gristmill, proxy, client, buckets, on_s3, tmp_path):
    """The report those until it was written, the summary those of the run."""
    outcome = gristmill.run(*on_s3, buckets.output).must(OK)
    run = report(client.download(buckets.output, tmp_path / "there"))["run"]
    assert run["publish_way"] == "direct"
    seen = proxy.counts()
    assert 0 < run["requests"]["get"] <= seen["GetObject"]
    told = outcome.stdout.split("requests  S3: ")[1].splitlines()[0].split(", ")
    for kind, word in (("PutObject", "put"), ("CopyObject", "copy")):
        assert f"{seen[kind]} {word}" in told
    assert sum(int(each.split(" ")[0]) for each in told) == pytest.approx(sum(seen.values()), abs=2)  # the table of sessions


def test_validate(gristmill, client, buckets, both):
    objects = client.keys_below(buckets.incoming)
    told = [gristmill("validate", *inputs(data), *FAILING).must(CHECKS).stdout.split("\nSummary")[0] for data in both]
    assert told[0] == told[1] != ""
    assert client.keys_below(buckets.incoming) == objects


def test_show(gristmill, buckets, both):
    for more in (["--format", "json"], ["--format", "csv"], ["checks"], ["rejected"], []):
        places = ("local", buckets.output, buckets.output.replace("s3://", "s3a://"))
        told = [gristmill("show", output, *more) for output in places]
        assert len({(each.code, each.stdout) for each in told}) == 1, more


@pytest.mark.parametrize("engine", ["athena", "duckdb", "spark"])
def test_ddl(gristmill, buckets, both, engine):
    """The place is the only difference, and is s3:// for one who writes s3a://."""
    wanted = gristmill("ddl", engine, "local", "--location", buckets.output).must(OK).stdout
    for output in (buckets.output, buckets.output.replace("s3://", "s3a://")):
        assert gristmill("ddl", engine, output).must(OK).stdout == wanted
    assert wanted.count(buckets.output.replace("s3://", "s3a://" if engine == "spark" else "s3://")) >= 4


def test_explain_writes_nothing(gristmill, client, buckets, both, server):
    _, there = both
    before = client.tree(buckets.output)
    told = gristmill("explain", *inputs(there), "--output", buckets.output).must(OK).stdout
    assert client.tree(buckets.output) == before
    for words_of_it in (f"{there}/collections/2025-05-15.jsonl", f"{there}/predictions/2025-05.jsonl", buckets.output,
                        "journal", "credentials from environment variables", server.url):
        assert words_of_it in told, words_of_it
    assert server.keys.secret not in told
    gristmill("explain", *inputs(there), "--output", buckets.outgoing + "/new").must(OK)
    assert client.tree(buckets.outgoing + "/new") == {}


def test_verify_finds_what_differs(gristmill, client, buckets, both):
    client.put(buckets.output + "/aggregated-json/part-00000.json", b"{}\n")
    client.put(buckets.output + "/mine.txt", b"mine")
    client.remove(buckets.output + "/validation/report.html")
    outcome = gristmill("verify", buckets.output).must(CHECKS)
    for name in ("aggregated-json/part-00000.json", "mine.txt", "validation/report.html"):
        assert name in outcome.stdout + outcome.stderr
    client.remove(buckets.output + "/_manifest.json")
    gristmill("verify", buckets.output).must_fail(INPUT, "_manifest.json")


def test_objects_with_the_right_size_and_other_bytes(gristmill, client, buckets, both):
    name = "/aggregated-json/part-00000.json"
    data = client.get(buckets.output + name)
    client.put(buckets.output + name, data.replace(b"0", b"1", 1))
    outcome = gristmill("verify", buckets.output).must(CHECKS)
    assert name[1:] in outcome.stdout + outcome.stderr


def test_publish_after_a_failed_check(gristmill, client, buckets, both, tmp_path):
    _, there = both
    before = client.tree(buckets.output)
    path = write_lines(tmp_path / "p.jsonl", [prediction("p", "s", "c", score=7)])
    kept = client.upload(path, f"{buckets.incoming}/kept/p.jsonl")
    failed = gristmill.run((), kept, buckets.output, *FAILING).must(CHECKS)
    assert buckets.output + "/_staging/" in failed.stderr
    staged = {name for name in client.tree(buckets.output) if name.startswith("_staging/")}
    assert "_staging/KEPT" in staged and "_staging/lock" not in staged and len(staged) > 5
    assert {name: data for name, data in client.tree(buckets.output).items() if name not in staged} == before
    gristmill("verify", buckets.output).must(OK)
    gristmill("show", buckets.output, "checks", "--kept").must(OK)
    gristmill("recover", buckets.output).must(OK)
    assert {name for name in client.tree(buckets.output) if name.startswith("_staging/")} == staged
    gristmill("publish", buckets.output).must(OK)
    gristmill.run((), path, "other", *FAILING, "--publish-anyway").must(OK)
    actual = published(client, buckets.output, tmp_path / "there")
    same({name: data for name, data in contents(tmp_path / "other").items() if "report" not in name},
         {name: data for name, data in actual.items() if "report" not in name})
    gristmill("verify", buckets.output).must(OK)
    gristmill("publish", buckets.output).must_fail(USAGE, "nothing is staged")


def test_the_next_run_removes_what_was_kept(gristmill, client, buckets, both, tmp_path):
    _, there = both
    gristmill("run", *inputs(there), "--output", buckets.output, *FAILING).must(CHECKS)
    gristmill(*words(there, buckets.output)).must(OK)
    same(contents(tmp_path / "local"), published(client, buckets.output, tmp_path / "there"))


@pytest.mark.parametrize("words_of_it, code", [(["recover"], INPUT), (["verify"], INPUT), (["publish"], USAGE), (["show"], INPUT)])
def test_where_no_output_is(gristmill, client, buckets, words_of_it, code):
    gristmill(*words_of_it, buckets.output).must_fail(code, buckets.output)
    assert client.keys_below(buckets.outgoing) == []


def test_generate(gristmill, client, buckets, tmp_path):
    gristmill("generate", "here", "--profiles", 5, "--collections", 40).must(OK)
    gristmill("generate", buckets.outgoing + "/data", "--profiles", 5, "--collections", 40).must(OK)
    same(contents(tmp_path / "here"), contents(client.download(buckets.outgoing + "/data", tmp_path / "there")))
    nothing_left_over(client, buckets.outgoing)


def test_places_that_must_be_local(gristmill, buckets, small, tmp_path):
    gristmill.run(*small, "local", "--log-file", buckets.outgoing + "/log").must_fail(USAGE, "log")
    gristmill.run(*small, "local", "--spill-directory", buckets.outgoing + "/spill").must_fail(USAGE, "spill")
    assert not (tmp_path / "s3:").exists() and not (tmp_path / "local").exists()


def test_kept_output_that_was_changed(gristmill, client, buckets, on_s3):
    """With another byte, but the same size: the time of the object tells."""
    client.put(f"{buckets.incoming}/other.jsonl", client.get(on_s3[0]) * 2)
    gristmill.run(f"{buckets.incoming}/other.jsonl", (), buckets.output, "--checks-repeated-lines-severity", "fail").must(CHECKS)
    [key] = [key for key in client.keys_below(buckets.output) if "/_staging/" in key and key.endswith("profile-id=p1/collections.jsonl")]
    uri = f"{buckets.outgoing}/{key}"
    data = client.get(uri)
    time.sleep(1.1)  # times are whole seconds
    client.put(uri, data.replace(b"p1", b"p9", 1))
    gristmill("publish", buckets.output).must_fail(OUTPUT, uri, "changed")
    client.put(uri, data)
    gristmill("publish", buckets.output).must(OK)
    gristmill("verify", buckets.output).must(OK)
