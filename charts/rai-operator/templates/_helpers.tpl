{{/* The chart's name, in labels. */}}
{{- define "rai-operator.name" -}}
{{ .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{/* The name of everything: that of the release, with the chart's where it does not say it. Something is put behind it, and 63 is the most. */}}
{{- define "rai-operator.fullname" -}}
{{- $name := include "rai-operator.name" . -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ .Values.fullnameOverride | default $both | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "rai-operator.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "rai-operator.fullname" .) "default") }}
{{- end }}

{{/* By which the Pods are known, for good. */}}
{{- define "rai-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "rai-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Of everything; with a map as second item, these as well. */}}
{{- define "rai-operator.labels" -}}
{{- $root := first . -}}
{{ include "rai-operator.selectorLabels" $root }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with merge (dict) (rest . | first | default (dict)) $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where it stands, and what it is: the metadata of everything, but for its name. */}}
{{- define "rai-operator.metadata" -}}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "rai-operator.labels" (list .) | nindent 2 }}
{{- end }}

{{- define "rai-operator.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* The port in an address such as `:8080`; nothing where nothing is served. */}}
{{- define "rai-operator.portOf" -}}
{{- $port := toString . | regexFind "[0-9]+$" -}}
{{ if ne $port "0" }}{{ $port }}{{ end }}
{{- end }}

{{- define "rai-operator.metricsPort" -}}
{{ dig "metrics-address" ":8080" .Values.settings | include "rai-operator.portOf" }}
{{- end }}

{{- define "rai-operator.healthPort" -}}
{{ dig "health-address" ":8081" .Values.settings | include "rai-operator.portOf" }}
{{- end }}

{{/* A setting as the text of a variable. Whole numbers keep all their digits. */}}
{{- define "rai-operator.text" -}}
{{- if kindIs "slice" . }}{{ join "," . }}{{ else if kindIs "string" . }}{{ . }}{{ else }}{{ toJson . }}{{ end }}
{{- end }}

{{/* All variables of the container. */}}
{{- define "rai-operator.env" -}}
{{- range $name, $value := .Values.settings }}
- name: RAI_{{ $name | upper | replace "-" "_" }}
  value: {{ include "rai-operator.text" $value | quote }}
{{- end }}
{{- if .Values.metrics.certificateSecret }}
- name: RAI_METRICS_CERT_DIR
  value: /etc/rai-operator/metrics-tls
{{- end }}
{{- with .Values.proxy.httpsProxy }}
- name: HTTPS_PROXY
  value: {{ quote . }}
{{- end }}
{{- with .Values.proxy.noProxy }}
- name: NO_PROXY
  value: {{ quote . }}
{{- end }}
{{- if .Values.ca.configMap }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/rai-operator/ca/{{ .Values.ca.key }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Which of the kinds of the Prometheus operator are asked for, and missing in the cluster: a list, as JSON. */}}
{{- define "rai-operator.missingKinds" -}}
{{- $missing := list }}
{{- range $kind, $asked := dict "ServiceMonitor" .Values.metrics.serviceMonitor.enabled "PrometheusRule" .Values.metrics.rules.enabled }}
{{- if and $asked (not ($.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" $kind))) }}
{{- $missing = append $missing $kind }}
{{- end }}
{{- end }}
{{- toJson $missing }}
{{- end }}

{{/* A role with these `rules`, bound to the operator: in each of the `namespaces`, or in all where none is listed. */}}
{{- define "rai-operator.grant" -}}
{{- $root := .root }}
{{- range $namespace := .namespaces | default (list "") }}
{{- $kind := ternary "ClusterRole" "Role" (empty $namespace) }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $.name }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "rai-operator.labels" (list $root) | nindent 4 }}
rules:
  {{- $.rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ $.name }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "rai-operator.labels" (list $root) | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ $.name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "rai-operator.serviceAccount" $root }}
    namespace: {{ $root.Release.Namespace }}
{{- end }}
{{- end }}

{{/* Refuses values that contradict each other, by their names. */}}
{{- define "rai-operator.check" -}}
{{- $settings := .Values.settings }}
{{- $elects := dig "leader-elect" true $settings }}
{{- if and (not $elects) (gt (int .Values.replicas) 1) }}
{{- fail "replicas must be 1 where settings.leader-elect is false: nothing else keeps two from working at a time" }}
{{- end }}
{{- if and (eq (dig "metrics-auth" "none" $settings) "kubernetes") (not .Values.metrics.certificateSecret) }}
{{- fail "metrics.certificateSecret is required where settings.metrics-auth is kubernetes: without HTTPS tokens could be read on the way" }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor.enabled (not (include "rai-operator.metricsPort" .)) }}
{{- fail "metrics.serviceMonitor.enabled has no place where settings.metrics-address is 0: there is nothing to scrape" }}
{{- end }}
{{- if and .Values.userRoles.aggregate (get $settings "watch-namespaces") }}
{{- fail "userRoles.aggregate has no place with settings.watch-namespaces: only roles of the whole cluster are aggregated" }}
{{- end }}
{{- end }}
