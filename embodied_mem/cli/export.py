"""`embodied-mem export`: a generated house as files that Habitat-Sim opens."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console


@dataclass(frozen=True, kw_only=True)
class Export:
    """Write a generated house for Habitat-Sim, or whatever reads GLB (extra `export`).

    Leaves NAME.glb, NAME_sem.glb, NAME_sem.txt, NAME.stage_config.json,
    NAME.scene_dataset_config.json and NAME.truth.json in `--out`.
    """

    seed: int = 7
    """Of the house."""
    rooms: int | None = None
    """Rooms of the house, 3 to 12; drawn from the seed where not given."""
    floors: int = 1
    """Floors of the house, 1 or 2; stairs join two."""
    name: str = ""
    """Of the scene; `house-SEED` where not given."""
    out: Path = Path("runs/export")
    """Folder for the files."""

    def run(self) -> int:
        """Writes the files and tells how to open them; returns 0."""
        from embodied_mem_envs.house import HouseConfig, generate_house
        from embodied_mem_envs.house.export import export_house

        house = generate_house(self.seed, HouseConfig(rooms=self.rooms, floors=self.floors))
        files = export_house(house, self.out, self.name)
        console = Console(soft_wrap=True, highlight=False)
        console.print(f"{len(house.objects)} objects, {len(house.rooms)} rooms in {self.out}")
        console.print(
            f"embodied-mem run --task habitat/{files.name} --scene-dataset {files.scene_dataset}",
            markup=False,
        )
        return 0
