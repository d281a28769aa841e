// Generated from crds/tenants.resistant.ai_raitenants.yaml by .ci/generate.ts: change it there.
import type { Condition } from './condition.ts'

/**
 * What the tenant is to be. The operator never writes here.
 */
export interface RaiTenantSpec {
  /**
   * The tenant's name, unique in the organization, of lower case letters and digits. Where it is left out, metadata.name is taken. The name that is in effect can never be changed; writing it down later is allowed.
   */
  name?: string
  /**
   * The cells (regions) in which the tenant's web UI is reachable, `eu-1` where nothing is said. Cannot be changed: the vendor's API knows no update, so a tenant that is taken over keeps its own. Applications may live in any cell, whatever is listed here.
   *
   * @minItems 1
   * @maxItems 32
   *
   * Items: A cell, such as `eu-1`, `us-1` or `ap-2`.
   */
  cells: string[]
  /**
   * What to do when the organization already has a tenant of this name that the operator did not create. `Never` leaves it alone and reports TenantExists. `IfExists` takes it over, and creates one where there is none. `MustExist` takes it over and never creates one. Taking over needs the operator's setting `allow-adoption` for this namespace and name.
   */
  adoptionPolicy: 'Never' | 'IfExists' | 'MustExist'
  /**
   * What becomes of the tenant when this object is deleted. `Delete` deletes it with all its data, after its applications. `Retain` leaves it, and all in it, as it is. Where nothing is said, the operator's setting `deletion-policy` decides for a tenant that it created, and a tenant that it took over is retained.
   */
  deletionPolicy?: 'Delete' | 'Retain'
  /**
   * While true, a deletion of this object waits and nothing outside the cluster is deleted. The deletion goes on as soon as it is false.
   */
  deletionProtection: boolean
  /**
   * Which applications may go with the tenant when it is deleted. `Managed` allows those that a RaiTenantApplication of this cluster stands for; others hold the deletion up and are listed in the status. `All` deletes whatever is in the tenant, but what another object claims; on a tenant that was taken over only where the operator's setting `allow-adoption` covers it, and never while the operator runs with a `selector`.
   */
  drainPolicy: 'Managed' | 'All'
  /**
   * From which namespaces a RaiTenantApplication may refer to this tenant. Only from its own where nothing is said. Taking a permission back makes nothing stop working: applications that exist keep their credentials and report ReferenceNotPermitted.
   */
  allowedNamespaces: {
    /**
     * `Same` admits the tenant's own namespace only, `All` every namespace, `Selector` its own and those whose labels the selector matches.
     */
    from: 'Same' | 'All' | 'Selector'
    /**
     * The labels of the namespaces that are admitted, for `from: Selector` and only there. Every requirement has to be met; an empty selector admits every namespace.
     */
    selector?: {
      /**
       * Labels that a namespace must carry, with exactly these values.
       */
      matchLabels?: {
        /**
         * The value that the label must have.
         */
        [k: string]: string
      }
      /**
       * Requirements on labels that matchLabels cannot express.
       *
       * @maxItems 16
       *
       * Items: One requirement on one label.
       */
      matchExpressions?: {
        /**
         * The label it is about.
         */
        key: string
        /**
         * `In` asks for one of the values, `NotIn` for none of them, `Exists` for the label with any value, `DoesNotExist` for its absence.
         */
        operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
        /**
         * The values for `In` and `NotIn`, at least one; the other operators take none.
         *
         * @maxItems 32
         *
         * Items: A label value.
         */
        values?: string[]
      }[]
    }
  }
}

/**
 * What the operator found and did. Only the operator writes here.
 */
export interface RaiTenantStatus {
  /**
   * The generation of the spec that this status is about. -1 until the operator has looked at the object for the first time.
   */
  observedGeneration: number
  /**
   * How things are. `Ready` (the tenant exists as asked for) and `Synced` (the last pass did all there was to do) are always there once the operator has looked. `Reconciling` is there while it is at work or will try again by itself, `Stalled` while a person has to act.
   *
   * @maxItems 16
   */
  conditions?: Condition[]
  /**
   * The organization in which the tenant is. An operator that works for another one changes nothing and reports WrongOrganization.
   */
  organization?: string
  /**
   * The tenant's id in the organization. All that is done to the tenant is done by this id.
   */
  tenantId?: string
  /**
   * When the tenant was created, in the words of the vendor's API.
   */
  createdAt?: string
  /**
   * Where the tenant's web UI is reachable, by cell.
   *
   * @maxItems 64
   *
   * Items: The web UI in one cell.
   */
  links?: {
    /**
     * The cell that serves it.
     */
    cell: string
    /**
     * The host name to open in a browser.
     */
    host: string
  }[]
  /**
   * How the tenant came to this object. `Created` by the operator for it. `Adopted`, since adoptionPolicy allowed it; retained where deletionPolicy says nothing. `Relinked`, found again by the operator's own records; never deleted before a person confirms it by the annotation `tenants.resistant.ai/confirm` with its id.
   */
  provenance?: 'Created' | 'Adopted' | 'Relinked'
  /**
   * How many RaiTenantApplications have an application in this tenant.
   */
  applications?: number
  /**
   * Applications in the tenant that no RaiTenantApplication stands for. They hold a deletion up, unless drainPolicy says `All`.
   */
  unmanagedApplications?: {
    /**
     * How many there are.
     */
    total: number
    /**
     * The ids of the first 20 of them, sorted.
     *
     * @maxItems 20
     *
     * Items: The id of an application.
     */
    ids: string[]
  }
  /**
   * Shows that the ids in this status were written by the operator. Where it does not fit, the operator deletes nothing on their word and reports StatusForged.
   */
  seal?: string
  /**
   * The value of the annotation `tenants.resistant.ai/reconcile` that was last acted upon. A request is done when the two are equal.
   */
  lastHandledReconcile?: string
}
