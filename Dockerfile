# Build with the development tools, run without them. The pinned Node comes as the base image, not as the npm package.
FROM node:24 AS build
WORKDIR /cartage
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/build.mjs

FROM node:24-slim
WORKDIR /cartage
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY --from=build /cartage/dist ./dist
COPY scripts ./scripts
COPY examples ./examples
COPY resources ./resources
COPY flows ./flows
COPY templates ./templates
COPY docs ./docs
COPY openapi.yaml CHANGELOG.md LICENSE ./

# Everything that is written goes to /data, so the root file system can be read-only: docker run --read-only --tmpfs /tmp
ENV NODE_ENV=production CARTAGE_HOST=0.0.0.0 CARTAGE_DATA=/data CARTAGE_FLOWS=/data/flows
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 1880 1883
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["node", "scripts/healthcheck.mjs"]
# the launcher hands SIGTERM on and lets the hub drain
STOPSIGNAL SIGTERM
CMD ["node", "scripts/start.mjs"]
