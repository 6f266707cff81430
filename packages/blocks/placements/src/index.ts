export { basicConvs, bottleneckConvs, placedUnit, type PlacedUnitOptions } from './placed-unit.ts'
export { type Placement, type PlacementName, placements, type UnitPart } from './placements.ts'
