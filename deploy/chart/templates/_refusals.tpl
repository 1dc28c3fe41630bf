{{/* Settings of MetalLB that would mean something here, but not what they say. What is harmless to leave out is in README.md. */}}
{{- define "herald.refusals" -}}
{{- if eq (toString (dig "webhookMode" "" .Values.controller)) "onlywebhook" }}
{{- fail "Cannot use controller.webhookMode \"onlywebhook\": Herald has no webhook, its custom resources are checked by the API server itself" }}
{{- end }}
{{- if dig "external" false (.Values.frrk8s | default dict) }}
{{- fail "Cannot use frrk8s.external true: Herald holds the BGP sessions itself and writes no FRRConfiguration, so peers would get no routes from your frr-k8s" }}
{{- end }}
{{- if not .Values.speaker.excludeInterfaces.enabled }}
{{- fail "Cannot use speaker.excludeInterfaces.enabled false: to answer on the links of containers as well, apply a Plugin arp whose config.exclude is what you want" }}
{{- end }}
{{- if and .Values.prometheus.podMonitor.enabled .Values.prometheus.serviceMonitor.enabled }}
{{- fail "Cannot use prometheus.podMonitor and prometheus.serviceMonitor together: every number would be there twice" }}
{{- end }}
{{- if and (or .Values.prometheus.podMonitor.enabled .Values.prometheus.serviceMonitor.enabled) .Values.prometheus.rbacPrometheus (not (and .Values.prometheus.serviceAccount .Values.prometheus.namespace)) }}
{{- fail "Cannot let Prometheus in: set prometheus.serviceAccount and prometheus.namespace to who scrapes, or prometheus.rbacPrometheus to false" }}
{{- end }}
{{- end }}
