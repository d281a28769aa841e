// Which applications no resource stands for, as the last complete sweep saw it.

export class Unmanaged {
  #byTenant: ReadonlyMap<string, readonly string[]> = new Map()

  /** Takes in what a complete sweep saw: ids of applications, sorted, for each tenant that it looked into. */
  learn(byTenant: ReadonlyMap<string, readonly string[]>): void {
    this.#byTenant = byTenant
  }

  /** Ids in this tenant; `undefined` while no sweep has looked into it. */
  in(tenantId: string): readonly string[] | undefined {
    return this.#byTenant.get(tenantId)
  }
}
