{{- define "herald.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "herald.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "herald.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "herald.selectorLabels" -}}
app.kubernetes.io/name: {{ include "herald.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "herald.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "herald.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* A role's labels. The last one is how MetalLB's manifests, and who was written for them, name its pods. */}}
{{- define "herald.componentLabels" -}}
app.kubernetes.io/component: {{ .component }}
component: {{ .component }}
{{- end }}

{{- define "herald.serviceAccountName" -}}
{{- $values := index .root.Values .component }}
{{- if $values.serviceAccount.create }}
{{- default (printf "%s-%s" (include "herald.fullname" .root) .component) $values.serviceAccount.name }}
{{- else }}
{{- default "default" $values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "herald.image" -}}
{{- $image := mergeOverwrite (deepCopy .root.Values.image) (index .root.Values .component "image") }}
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository (default .root.Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{- define "herald.pullPolicy" -}}
{{- default .root.Values.image.pullPolicy (index .root.Values .component "image" "pullPolicy") }}
{{- end }}

{{- define "herald.priorityClassName" -}}
{{- $own := index .root.Values .component "priorityClassName" }}
{{- if $own }}{{ $own }}{{ else if .root.Values.priorityClass.create }}{{ include "herald.fullname" .root }}{{ end }}
{{- end }}

{{/* MetalLB has two levels more. */}}
{{- define "herald.logLevel" -}}
{{- get (dict "all" "debug" "none" "error") . | default . }}
{{- end }}

{{/* The Secret with the certificate of /metrics. */}}
{{- define "herald.metricsSecret" -}}
{{- index .root.Values.prometheus (printf "%sMetricsTLSSecret" .component) }}
{{- end }}

{{/* Flags that both roles have. */}}
{{- define "herald.args" -}}
- --namespace=$(NAMESPACE)
- --pod-name=$(POD_NAME)
- --port={{ .root.Values.prometheus.metricsPort }}
- --health-probe-port=17472
- --log-level={{ include "herald.logLevel" (index .root.Values .component "logLevel") }}
{{- with .root.Values.loadBalancerClass }}
- --lb-class={{ . }}
{{- end }}
{{- if .root.Values.takeover }}
- --takeover
{{- end }}
{{- $own := index .root.Values .component }}
{{- with default .root.Values.tls.minVersion $own.tlsMinVersion }}
- --tls-min-version={{ . }}
{{- end }}
{{- with default .root.Values.tls.cipherSuites $own.tlsCipherSuites }}
- --tls-cipher-suites={{ . }}
{{- end }}
{{- with .root.Values.tls.curvePreferences }}
- --tls-curve-preferences={{ . }}
{{- end }}
{{- if include "herald.metricsSecret" . }}
- --metrics-cert-dir=/etc/metrics-certificate
{{- end }}
{{- end }}

{{/* What has to be fetched of the plugins that do not come with Herald. */}}
{{- define "herald.fetchedPlugins" -}}
{{- range .Values.plugins }}
{{- with default .package .url }}
- {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where speakers have fetched plugins from. The volume is anybody's, the folder in it is theirs. */}}
{{- define "herald.pluginCache" -}}
/var/cache/herald/plugins
{{- end }}

{{- define "herald.env" -}}
- name: NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- with index .root.Values .component "nodeOptions" }}
- name: NODE_OPTIONS
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "herald.podAnnotations" -}}
{{- if .root.Values.prometheus.scrapeAnnotations }}
prometheus.io/scrape: "true"
prometheus.io/scheme: https
prometheus.io/port: {{ .root.Values.prometheus.metricsPort | quote }}
{{- end }}
{{- with index .root.Values .component "podAnnotations" }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A probe of one of the paths that the health port has; host only where it listens on loopback. */}}
{{- define "herald.probe" -}}
httpGet:
  path: {{ .path }}
  port: health
  {{- with .host }}
  host: {{ . }}
  {{- end }}
{{ omit .probe "enabled" | toYaml }}
{{- end }}
