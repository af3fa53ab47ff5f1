"""Says that the wheel holds a program: for this platform, for any Python 3."""
import os
import sysconfig

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelTag(BuildHookInterface):
    def initialize(self, version, build_data):
        if not os.access(os.path.join(self.root, "build", "hwsim"), os.X_OK):
            raise RuntimeError("build/hwsim is missing: build.sh builds it, then the wheel")
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
