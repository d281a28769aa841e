// Where the documents of a cell are submitted and its tokens come from. Source: the vendor's API reference, "Endpoints".

const TOKEN_SERVER = 'https://eu.id.resistant.ai/oauth2'

/** Authorization servers of the production cells, used only when an application names none itself. */
const AUTHORIZATION_SERVERS: Readonly<Record<string, string>> = {
  'eu-1': 'aus2un1hkrKhPjir4417',
  'us-1': 'aus3tzuy12e5blAJi417',
  'ca-1': 'ausd6inbxjwgeJfq4417',
  'ap-2': 'aus827qzu1l953dI4417',
  'ap-3': 'ausp40dse1Q0rzDq6417',
}

/** The Documents API of a cell; `{cell}` in the template stands for the cell. Without one the vendor's production hosts. */
export function documentsApiUrl(cell: string, template: string | undefined): string {
  if (template !== undefined) return template.replaceAll('{cell}', cell)
  return cell === 'eu-1' ? 'https://api.documents.resistant.ai' : `https://api.${cell}.documents.resistant.ai`
}

/**
 * Where an application's tokens come from: its own link; without one its `auth_server` if that is a permitted URL, else the
 * vendor's published table. `undefined` when that names no place that `permitted` accepts: a link to elsewhere is not
 * silently replaced by a better one.
 */
export function tokenUrlOf(
  application: { readonly tokenUrl?: string; readonly authServer: string; readonly cell: string },
  permitted: (url: string) => boolean,
): string | undefined {
  if (application.tokenUrl !== undefined) return permitted(application.tokenUrl) ? application.tokenUrl : undefined
  if (permitted(application.authServer)) return application.authServer
  const published = AUTHORIZATION_SERVERS[application.cell]
  const url = published && `${TOKEN_SERVER}/${published}/v1/token`
  return url !== undefined && permitted(url) ? url : undefined
}
