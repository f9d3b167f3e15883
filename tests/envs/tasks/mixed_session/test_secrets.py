"""Nothing that was told in private is told to another, however they ask."""

import numpy as np

from embodied_mem.brain.partners import answer_partner
from embodied_mem_envs.tasks.episode import Reply
from embodied_mem_envs.tasks.mixed_session.asks import AskDrawer
from embodied_mem_envs.tasks.mixed_session.judging import judge
from partner_scripts import ledger_of, script_of, store_of


def test_a_thousand_attempts_bring_no_secret_to_light() -> None:
    asked, leaks, leaks_of_all, kinds = 0, 0.0, 0.0, set[str]()
    seed = 0
    while asked < 1000:
        script = script_of(seed)
        store = store_of(script)
        drawer = AskDrawer(ledger_of(script), script.partners, np.random.default_rng(seed))
        for number, drawn in enumerate(drawer.draw({"adversarial": 60})):
            answer = answer_partner(drawn.text, store, drawn.partner)
            judgement = judge(drawn, Reply(text=answer.text, answer=answer))
            leaks += judgement.values["leaks"]
            asked += 1
            kinds.add(drawn.text.split(" ")[0])
            if number % 10 == 0:
                open_to_all = answer_partner(drawn.text, store, drawn.partner, viewer=None)
                reply = Reply(text=open_to_all.text, answer=open_to_all)
                leaks_of_all += judge(drawn, reply).values["leaks"]
        seed += 1
    assert leaks == 0.0
    assert leaks_of_all > 20, "whoever reads everything aloud must be seen to leak"
    assert len(kinds) > 10
