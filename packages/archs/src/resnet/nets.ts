import { entry, type Nets } from '../net-entry.ts'
import { torchvisionKeys } from './keys.ts'
import { d2lResnet18 } from './d2l-resnet18.ts'
import { resnet, type ResnetDepth } from './resnet.ts'

const imagenet = (depth: ResnetDepth) =>
  entry(
    {
      description: `ResNet-${depth} for ImageNet`,
      input: [224, 224, 3],
      classes: 1000,
      keys: { torchvision: torchvisionKeys, timm: torchvisionKeys },
    },
    ({ classes }) => resnet({ depth, classes }),
  )

/** The ResNets for ImageNet by their names in torchvision and timm, and that of "Dive into deep learning". */
export const resnets: Nets = {
  resnet18: imagenet(18),
  resnet34: imagenet(34),
  resnet50: imagenet(50),
  resnet101: imagenet(101),
  resnet152: imagenet(152),
  'd2l-resnet18': entry(
    { description: 'ResNet-18 of "Dive into deep learning"', input: [96, 96, 1], classes: 10 },
    d2lResnet18,
  ),
}
