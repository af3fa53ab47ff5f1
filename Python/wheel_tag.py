"""Says that the wheel holds a program: for a platform, for any Python 3.

The platform is HWSIM_PLATFORM, such as manylinux_2_34_x86_64, else the one that builds.
"""
import os
import sysconfig

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelTag(BuildHookInterface):
    def initialize(self, version, build_data):
        if not os.access(os.path.join(self.root, "build", "hwsim"), os.X_OK):
            raise RuntimeError("build/hwsim is missing: build.sh builds it, then the wheel")
        own = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        platform = os.environ.get("HWSIM_PLATFORM", own)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
