from threading import Thread

from migrate.traffic import ABOUT, MOST, Going, Traffic


def test_calls_of_other_environments_are_left_out_and_all_is_in_the_order_of_its_begin() -> None:
    traffic = Traffic(now=lambda: 100.0)
    traffic.calls("prod")("PUT /import", "200", 2.0, 7)
    traffic.waited("the limit of 60 calls a minute is reached", 5.0)
    traffic.calls("qa")("GET /export", "200", 1.0, 7)
    traffic.calls("dev")("GET /export", "no answer", 1.5, 7)
    value = traffic.to_value({"dev", "prod"})
    assert value["leftOut"] == 0
    assert [(each["at"], each["seconds"], each["where"]) for each in value["moments"]] == [
        (0.0, 5.0, ""),
        (3.0, 2.0, "prod"),
        (3.5, 1.5, "dev"),
    ]
    assert [each["outcome"] for each in value["moments"]] == ["", "200", "no answer"]


def test_a_wait_for_one_of_several_targets_is_no_wait_of_the_others() -> None:
    traffic = Traffic(now=lambda: 100.0)
    traffic.waited("before all", 1.0)
    for target in ("eu", "us"):
        before = ABOUT.set(target)
        traffic.waited(f"for {target}", 1.0)
        ABOUT.reset(before)
    said = [each["what"] for each in traffic.to_value({"dev", "eu"})["moments"]]
    assert said == ["before all", "for eu"]


def test_of_very_many_the_first_and_the_last_are_kept_whichever_thread_notes_them() -> None:
    traffic = Traffic(now=lambda: 100.0)

    def many() -> None:
        for _ in range(MOST):
            traffic.calls("prod")("GET /export", "200", 0.1, 7)

    threads = [Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    traffic.calls("prod")("PUT /import", "500", 0.1, 7)
    traffic.calls("late")("GET /export", "200", 0.1, 7)
    value = traffic.to_value({"prod"})
    assert (len(value["moments"]), value["leftOut"]) == (2 * MOST, 2 * MOST + 1)
    assert value["moments"][-1]["outcome"] == "500"
    assert len(traffic.to_value({"late"})["moments"]) == 1
    assert traffic.to_value({"late"})["leftOut"] == 0
    assert Traffic(now=lambda: 0.0).to_value({"prod"}) == {"moments": [], "leftOut": 0}


def test_who_watches_is_told_of_each_call_and_when_none_is_left() -> None:
    told: list[Going | None] = []
    traffic = Traffic(lambda: 100.0, told.append)
    listing, importing = "GET /users", "POST /import"
    for size in (10, 20):
        traffic.begins("prod")(listing)
        traffic.calls("prod")(listing, "200", 0.1, size)
    traffic.begins("dev")(listing)
    traffic.begins("prod")(importing)
    traffic.calls("dev")(listing, "200", 0.1, 5)
    traffic.calls("prod")(importing, "no answer", 0.1, 0)
    assert told == [
        Going("prod", listing, 1, 1, 0),
        None,
        Going("prod", listing, 2, 2, 10),
        None,
        Going("dev", listing, 1, 3, 30),
        Going("prod", importing, 1, 4, 30),
        None,
    ]
