"""The best that a small memory could do, by trying every sequence of operations: slow and plain."""

from embodied_mem.allocation.head import MOST_WAITING

COARSE, FINE = 1, 2


def best_worth(episode, wanted):
    """Returns the largest share of what is wanted that any valid operations reach."""
    return _Memories(episode, wanted).decide(0, (), FINE, 0)


class _Memories:
    """Records are (candidate, level, known first sightings), and memories are sorted tuples."""

    def __init__(self, episode, wanted):
        self.episode, self.wanted = episode, wanted
        self.keys = [frozenset(int(key) for key in row if key >= 0) for row in episode.keys]
        self.size = episode.bytes.astype(float)
        self.known = {}

    def decide(self, time, records, level, waiting):
        """What comes from a candidate's decision on."""
        asked = time, records, level, waiting
        if asked not in self.known:
            self.known[asked] = max(self.options(*asked))
        return self.known[asked]

    def options(self, time, records, level, waiting):
        """What comes of each operation."""
        yield self.ask(time, records)  # refused
        if len(records) < self.episode.slots:
            yield from self.take_in(time, None, records, level)
        for slot, record in enumerate(records):
            yield from self.take_in(time, record, records[:slot] + records[slot + 1 :], level)
        if waiting < MOST_WAITING:
            yield from self.wait(time, records, level, waiting + 1)

    def wait(self, time, records, level, waiting):
        if level == FINE:
            yield self.decide(time, records, COARSE, waiting)
        for slot, (item, detail, known) in enumerate(records):
            others = records[:slot] + records[slot + 1 :]
            yield self.decide(time, others, level, waiting)
            if detail == FINE:
                yield self.decide(time, in_order(*others, (item, COARSE, known)), level, waiting)

    def take_in(self, time, record, others, level):
        """Writes the candidate over a record, or merges it into it."""
        used = sum(self.size[item, detail - 1] for item, detail, _ in others)
        if used + self.size[time, level - 1] > self.episode.budget:
            return
        shown = self.keys[time]
        first = frozenset(key for key in shown if self.episode.first_seen[key] == time)
        yield self.ask(time, in_order(*others, (time, level, first)))
        if record is not None:
            item, _, known = record
            if self.episode.place[item] == self.episode.place[time] and self.keys[item] & shown:
                yield self.ask(time, in_order(*others, (time, level, first | (known & shown))))

    def ask(self, time, records):
        """What comes from the questions after a candidate on."""
        later = 0.0
        if time + 1 < len(self.keys):
            later = self.decide(time + 1, records, FINE, 0)
        return self.worth(time, records) + later

    def worth(self, time, records):
        held = {key for item, _, _ in records for key in self.keys[item]}
        fine = {key for item, level, _ in records if level == FINE for key in self.keys[item]}
        known = {key for _, _, knows in records for key in knows}
        wanted = self.wanted
        total = sum(wanted.coarse[time, key] for key in held)
        total += sum(wanted.fine[time, key] for key in fine)
        total += sum(wanted.first[time, key] for key in known)
        joint = zip(wanted.joint, wanted.joint_time, wanted.joint_keys, strict=True)
        total += sum(
            share
            for share, when, both in joint
            if when == time and all(key < 0 or key in held for key in both)
        )
        return float(total)


def in_order(*records):
    return tuple(sorted(records, key=lambda record: (record[:2], sorted(record[2]))))
