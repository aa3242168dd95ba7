"""The small backbone that the project carries: plain 3x3 convolutions, trained by distillation."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

LAYERS = ("layer1", "layer2", "layer3")
STRIDES = {"layer1": 4, "layer2": 8, "layer3": 16}
WIDTHS = (64, 128, 256)


class ConvUnit(nn.Module):
    """A 3x3 convolution with batch norm; the caller applies the ReLU where it wants one."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(self.conv(x))
        return out

    def fold(self) -> None:
        """Merge the batch norm into the convolution; the output in eval mode stays the same."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


class Stage(nn.Module):
    """Halve the grid with one convolution, then refine it with one residual block."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.down = ConvUnit(in_channels, out_channels, stride=2)
        self.first = ConvUnit(out_channels, out_channels)
        self.second = ConvUnit(out_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.down(x).relu()
        refined: Tensor = x + self.second(self.first(x).relu())
        return refined.relu()


class Student(nn.Module):
    """Three stages at strides 4, 8 and 16; gives each output by the teacher's layer name."""

    def __init__(self, widths: tuple[int, int, int] = WIDTHS) -> None:
        super().__init__()
        self.stem = ConvUnit(3, widths[0] // 2, stride=2)
        self.layer1 = Stage(widths[0] // 2, widths[0])
        self.layer2 = Stage(widths[0], widths[1])
        self.layer3 = Stage(widths[1], widths[2])
        self.channels = dict(zip(LAYERS, widths, strict=True))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Map normalised images (B, 3, H, W) to {layer: (B, channels, H / stride, W / stride)}."""
        first = self.layer1(self.stem(images).relu())
        second = self.layer2(first)
        return {"layer1": first, "layer2": second, "layer3": self.layer3(second)}

    def fold(self) -> None:
        """Merge every batch norm into its convolution, for inference only."""
        self.eval()
        for module in self.modules():
            if isinstance(module, ConvUnit):
                module.fold()


def read_widths(tensors: Mapping[str, Tensor]) -> tuple[int, int, int] | None:
    """Read the widths that a stored student was built with; None if it is no student."""
    keys = [f"{layer}.down.conv.weight" for layer in LAYERS]
    if any(key not in tensors for key in keys):
        return None
    first, second, third = (int(tensors[key].shape[0]) for key in keys)
    return first, second, third
