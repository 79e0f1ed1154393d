"""Build step: a wheel carries the studies and the Treasury file, which a checkout keeps beside the package."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

COPIES = {"data/us_treasuries.parquet": "workbench/data/resources", "notebooks/*.ipynb": "workbench/_notebooks"}


class WithStudies(build_py):
    """``build_py``, and then the copies; an editable install reads the checkout's own files."""

    def run(self) -> None:
        super().run()
        for pattern, folder in () if self.editable_mode else COPIES.items():
            place = Path(self.build_lib, folder)
            self.mkpath(str(place))
            for file in sorted(Path().glob(pattern)):
                self.copy_file(str(file), str(place / file.name))


setup(cmdclass={"build_py": WithStudies})
