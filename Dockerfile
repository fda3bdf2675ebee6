# docker build -t REGISTRY/heald:0.1.0 .
FROM node:24-alpine AS build
WORKDIR /heald
COPY package.json package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY . .
RUN npm run --silent build

FROM node:24-alpine
COPY --from=build /heald/dist/heald.mjs /heald/heald.mjs
COPY --from=build /heald/LICENSE /heald/LICENSE
USER 65532:65532
ENTRYPOINT ["node", "--max-semi-space-size=2", "/heald/heald.mjs"]
CMD ["--help"]
