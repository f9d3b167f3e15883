"""What usually goes wrong when Habitat-Sim starts, and what to do about each."""

import re

_KNOWN: tuple[tuple[str, str], ...] = (
    (
        r"unable to find EGL device for CUDA device|cuda device|CUDA error",
        "Habitat looked for a CUDA device that is not there. Use gpu_device=-1, which takes any "
        "EGL device (a GPU is not needed), or the number of a device that nvidia-smi lists",
    ),
    (
        r"no EGL devices found|cannot (get|initialize) .*EGL|cannot get platform display|"
        r"eglQueryDevices|unable to create windowless context|libEGL|no matching EGL visual",
        "Habitat found no EGL device to render with. Install one: on a machine without a GPU the "
        "packages libegl1 and libgl1-mesa-dri (software), with an NVIDIA GPU the driver's EGL "
        "library (libnvidia-gl-*); in a container set NVIDIA_DRIVER_CAPABILITIES=all",
    ),
    (
        r"version `GLIBC\w*_[\d.]+' not found",
        "This build of habitat_sim is for a newer system. Use the conda build of "
        "launch/habitat/environment.yml, or its Dockerfile",
    ),
    (
        r"Bad file descriptor",
        "The interpreter did not inherit the socket. Give the path of python itself (such as "
        "~/miniconda3/envs/embodied-mem-habitat/bin/python), not a command like `conda run`",
    ),
    (
        r"numpy.*(C-extensions failed|multiarray)|Error importing numpy",
        "The interpreter loaded the numpy of another one. Unset PYTHONPATH and PYTHONHOME",
    ),
    (
        r"No module named '?(habitat_sim|magnum|_magnum|quaternion|attr)",
        "habitat_sim or a part of it is missing in that interpreter. Make the environment of "
        "launch/habitat/environment.yml and give its python",
    ),
    (
        r"unable to find.*scene|No Stage Attributes|cannot (load|open) .*\.(glb|ply)|"
        r"does not exist.*Aborting|Trade::.*Importer::openFile.*cannot open",
        "Habitat did not find the scene or one of its files. Give scene_dataset= for scenes of a "
        "dataset, and check the name with the files beside the dataset's config",
    ),
    (
        r"GL::Context.*already|two simulators|only one .*simulator",
        "One process can hold one Habitat simulator only. Let each body have its own worker",
    ),
)


def explain(lines: str) -> str:
    """Returns what to do about a failure whose last printed lines are given; empty if unknown.

    >>> explain("WindowlessEglApplication::tryCreateContext(): no EGL devices found")[:42]
    'Habitat found no EGL device to render with'
    """
    for pattern, advice in _KNOWN:
        if re.search(pattern, lines, re.IGNORECASE):
            return advice
    return ""
