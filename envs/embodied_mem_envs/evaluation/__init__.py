"""How well a memory answers: walks, questions and verdicts on houses it has never seen.

For each house (`house_eval.evaluate_houses`):

1. The whole brain explores the house from its start pose and saves its memory
   (`explore_run.explore_house`). Beside it, unknown to it, `watch.WatchedBody` counts what truly
   showed, the way walked, and how much of the reachable floor the agent's own map knows.
2. Questions are made from the ground truth (`questions.generate_questions`): every kind equally
   often, half of them in the words of other people (`paraphrases`, `nouns`; written apart from
   the parser), a quarter about things that are not there or did not show (`absent`). A question
   is asked only where the world leaves one right answer (`drafts`).
3. A new process gets the memory file and the bare texts (`answer_worker`, `asking`), and its
   answers are judged by the rules in `scoring`.
4. The house is walked once more by always going to the nearest frontier, to compare the way
   (`results.path_ratio`).
5. Some objects are moved, all instance ids are drawn anew, and the agent walks again with its
   saved memory; `moved.judge_moved` tells whether it followed.

The metrics:

- `floor_covered`: share of the reachable floor that the map knows to be free; mean over houses.
- `path_over_nearest_frontier`: way to 95 % of the floor (or to what both walks reached, where
  that is less) over that of the nearest-frontier walk; mean over houses.
- `answer_accuracy`: right answers over questions.
- `false_claims`: wrong answers given as certain about what is absent or did not show; a count.
- `moved_tracked`: objects whose old claim is closed and whose new place is known, over those
  that moved by 1 m or more and showed on both visits.

An object has shown if at least 400 of its pixels (at 640x480) lay within 3.5 m in two frames.
`results.EvaluationResult` adds metrics that explain these, a row for each kind, and every miss;
`report.print_report` shows them.

Suites of tasks (`suites`, `embodied-mem eval SUITE`) go another way: `playing.play_episode` lets an
agent (`agents`) live through an episode (`embodied_mem_envs.tasks`), `running` does so for many in
processes, `records` keeps a line of each, `metrics` says what the figures mean, `elsewhere` lets a
new process answer from a copy of a memory alone, and `reporting` shows what came out.
"""
