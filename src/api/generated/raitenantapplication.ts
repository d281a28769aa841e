// Generated from crds/tenants.resistant.ai_raitenantapplications.yaml by .ci/generate.ts: change it there.
import type { Condition } from './condition.ts'

/**
 * What the application is to be. The operator never writes here.
 */
export interface RaiTenantApplicationSpec {
  /**
   * The RaiTenant to which the application belongs. It need not exist yet: the application waits for it. Cannot be changed.
   */
  tenantRef: {
    /**
     * The name of the RaiTenant object, which need not be the tenant's name outside.
     */
    name: string
    /**
     * The namespace of the RaiTenant, this object's own where nothing is said. A tenant of another namespace must admit this one by its allowedNamespaces.
     */
    namespace?: string
  }
  /**
   * The cell (region) in which documents are processed and kept, such as `eu-1` or `us-1`. A change replaces the application: the new one is made and its credential written before the old one stops working.
   */
  cell: string
  /**
   * What the credential allows. A change replaces the application, the new one before the old one.
   *
   * @minItems 1
   * @maxItems 2
   *
   * Items: `documents.submissions.write` to submit documents, `documents.submissions.read` to read results.
   */
  scopes: ('documents.submissions.read' | 'documents.submissions.write')[]
  /**
   * How the workload proves who it is when it asks for a token. A change replaces the application, the new one before the old one.
   */
  auth: {
    /**
     * `EC` and `RSA` give the workload a private key, with which it signs its token requests (private_key_jwt); the key is made by the operator, and only its public half leaves the cluster. `ClientSecret` gives it a secret to send along (HTTP Basic), for software that cannot sign. Should the answer to a create get lost, an application is found again by its key; where there is none, onAmbiguousCreate decides.
     */
    type: 'EC' | 'RSA' | 'ClientSecret'
    /**
     * How the key for `RSA` is made. Has no place with other types.
     */
    rsa?: {
      /**
       * The length of the key, 3072 where nothing is said.
       */
      bits: 3072 | 4096
    }
  }
  /**
   * The Secret in which the workload finds its credential, in this object's namespace. A Secret of that name that the operator did not make for this object is never touched: SecretConflict is reported before anything is made.
   */
  secret?: {
    /**
     * The Secret's name, this object's name where nothing is said. After a change the new Secret is written first, then the old one removed.
     */
    name?: string
    /**
     * The Secret's type, `Opaque` where nothing is said. Cannot be changed. Types of Kubernetes, Helm, Argo CD, Flux and Resistant AI, on which other software acts, are refused.
     */
    type?: string
    /**
     * Labels for the Secret, by which people and other software find it. Those of Kubernetes, Helm, Argo CD, Flux and Resistant AI, on which other software acts, are refused.
     */
    labels?: {
      /**
       * The label's value.
       */
      [k: string]: string
    }
    /**
     * Annotations for the Secret, beside those that the operator needs itself. Those of Kubernetes, Helm, Argo CD, Flux and Resistant AI, on which other software acts, are refused.
     */
    annotations?: {
      /**
       * The annotation's value.
       */
      [k: string]: string
    }
    /**
     * Under which key of the Secret each field stands, for software that looks for other names. A field that is not named here stands under its own name. No two fields may have one key, whether by name or by default, and whatever auth.type is.
     */
    keys?: {
      /**
       * Key of the application's client id.
       */
      client_id?: string
      /**
       * Key of the client secret, with `ClientSecret` only.
       */
      client_secret?: string
      /**
       * Key of the private key in PEM (PKCS 8), with `EC` and `RSA` only.
       */
      'private_key.pem'?: string
      /**
       * Key of the private key as a JSON Web Key, with `EC` and `RSA` only.
       */
      'private_key.jwk'?: string
      /**
       * Key of the key id to put into the header of a token request, with `EC` and `RSA` only.
       */
      kid?: string
      /**
       * Key of the URL at which the workload gets its tokens.
       */
      token_url?: string
      /**
       * Key of the authorization server, in the words of the vendor's API.
       */
      auth_server?: string
      /**
       * Key of the base URL of the Documents API in the application's cell.
       */
      documents_api_url?: string
      /**
       * Key of the scopes, as a token request wants them, with spaces between.
       */
      scope?: string
      /**
       * Key of the application's cell.
       */
      cell?: string
      /**
       * Key of the tenant's id in the organization.
       */
      tenant_id?: string
      /**
       * Key of the application's id in the organization.
       */
      application_id?: string
    }
  }
  /**
   * Replaces the credential regularly. Where it is left out, it is replaced on request only.
   */
  rotation?: {
    /**
     * How long a credential is used before a new one takes its place, such as `720h`; at least `10m`, and at least twice the overlap.
     */
    every: string
  }
  /**
   * How long a credential that has been replaced keeps working, such as `24h` or `30m`, so that workloads have time to take up the new one; at least `5m`, since changed Secrets reach Pods late. Where it is left out, the operator's setting `default-overlap` counts.
   */
  overlap?: string
  /**
   * What becomes of the application when this object is deleted. `Delete` deletes it: its credential stops working and the Secret goes. `Retain` leaves both as they are. Where nothing is said, the operator's setting `deletion-policy` decides for an application that it created, and one that it took over is retained.
   */
  deletionPolicy?: 'Delete' | 'Retain'
  /**
   * What to do when the answer to a create got lost and it cannot be told whether an application was made, which can happen with `ClientSecret` only. `Replace` makes another one and lists what may have been left behind in status.suspects. `Hold` makes none until a person has decided.
   */
  onAmbiguousCreate: 'Replace' | 'Hold'
  /**
   * Takes over an application that exists already, instead of making one. Its credential must stand in the Secret that spec.secret names, which nothing else controls, and obtain a token; cell, scopes and auth must describe the application as it is. Can be set only when this object is created; removing it once the application is bound changes nothing.
   */
  adopt?: {
    /**
     * The id of the application in the organization.
     */
    applicationId: string
  }
}

/**
 * What the operator found and did. Only the operator writes here. Never holds a secret.
 */
export interface RaiTenantApplicationStatus {
  /**
   * The generation of the spec that this status is about. -1 until the operator has looked at the object for the first time.
   */
  observedGeneration: number
  /**
   * How things are. `Ready` (the Secret holds a credential that works) and `Synced` (the last pass did all there was to do) are always there once the operator has looked. `Reconciling` is there while it is at work or will try again by itself, `Stalled` while a person has to act.
   *
   * @maxItems 16
   */
  conditions?: Condition[]
  /**
   * The organization in which the application is. An operator that works for another one changes nothing and reports WrongOrganization.
   */
  organization?: string
  /**
   * The id of the tenant in which the application is. It never changes.
   */
  tenantId?: string
  /**
   * The id of the application whose credential stands in the Secret.
   */
  applicationId?: string
  /**
   * The client id of that application, as it appears in its tokens.
   */
  clientId?: string
  /**
   * Where the credential obtains tokens.
   */
  tokenUrl?: string
  /**
   * How the application came to this object. `Created` by the operator for it. `Adopted`, since spec.adopt named it; retained where deletionPolicy says nothing. `Relinked`, found again by its Secret; never deleted before a person confirms it by the annotation `tenants.resistant.ai/confirm` with its id.
   */
  provenance?: 'Created' | 'Adopted' | 'Relinked'
  /**
   * The Secret as it was last written or found to be right.
   */
  secret?: {
    /**
     * Its name, in this object's namespace.
     */
    name: string
    /**
     * Its uid, by which a Secret that was made again is told from the one that was written.
     */
    uid: string
    /**
     * Its version, by which a change by somebody else is noticed.
     */
    resourceVersion: string
    /**
     * While the credential moves: every other name under which a copy of it may stand, each here before anything is written there. What is this object's goes once the Secret of the wanted name holds the credential.
     *
     * @maxItems 64
     *
     * Items: The name of a Secret in this object's namespace.
     */
    otherNames?: string[]
  }
  /**
   * The applications that were made or taken over for this object and still exist, each with a credential of its own.
   *
   * @maxItems 64
   *
   * Items: One application with its credential.
   */
  credentials?: {
    /**
     * The application's id in the organization.
     */
    applicationId: string
    /**
     * The application's client id.
     */
    clientId: string
    /**
     * `Active` for the one that stands in the Secret, `Retiring` for one that was replaced and works until retireAt.
     */
    state: 'Active' | 'Retiring'
    /**
     * When it was issued, or taken over.
     */
    issuedAt: string
    /**
     * When a retiring one is deleted.
     */
    retireAt?: string
  }[]
  /**
   * When the credential will be replaced next.
   */
  nextRotationAt?: string
  /**
   * Applications that may have been left behind by a create whose answer got lost. None is deleted before a person says so by the annotation `tenants.resistant.ai/discard-suspect` with its id.
   *
   * @maxItems 64
   *
   * Items: One such application.
   */
  suspects?: {
    /**
     * The application's id in the organization.
     */
    applicationId: string
    /**
     * The application's client id.
     */
    clientId: string
    /**
     * When it was first found in the tenant.
     */
    firstSeenAt: string
  }[]
  /**
   * The value of the annotation `tenants.resistant.ai/discard-suspect` that was last acted upon: the application of that id has been deleted.
   */
  lastHandledDiscard?: string
  /**
   * The value of the annotation `tenants.resistant.ai/rotate` that was last acted upon. A request is done when the two are equal. A value that is there when the application is first bound counts as done.
   */
  lastHandledRotate?: string
  /**
   * Shows that the ids in this status were written by the operator. Where it does not fit, the operator deletes nothing on their word and reports StatusForged.
   */
  seal?: string
  /**
   * The value of the annotation `tenants.resistant.ai/reconcile` that was last acted upon. A request is done when the two are equal. A value that is there when the application is first bound counts as done.
   */
  lastHandledReconcile?: string
}
