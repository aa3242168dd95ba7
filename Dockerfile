# The page in a container, as a person without rights and with a root file system that may be read-only.
#   docker build -t defect-lens .                            CPU
#   docker build -t defect-lens --build-arg TORCH=cuda .     CUDA: run it with --gpus all
#   docker compose up                                        with what it keeps in volumes
FROM python:3.13-slim-bookworm AS packages
ARG TORCH=cpu
WORKDIR /build
COPY requirements.txt ./
# The CPU build of PyTorch is a tenth of the one with CUDA, which is what the package index has.
RUN python -m venv /venv \
    && if [ "$TORCH" = cpu ]; then /venv/bin/python -m pip install --no-cache-dir \
        --index-url https://download.pytorch.org/whl/cpu "torch>=2.6,<3" "torchvision>=0.21,<1"; fi \
    && /venv/bin/python -m pip install --no-cache-dir -r requirements.txt

FROM python:3.13-slim-bookworm
RUN useradd --uid 1000 --create-home lens \
    && mkdir -p /app/checkpoints /app/data \
    && chown -R lens /app
COPY --from=packages /venv /venv
WORKDIR /app
COPY --chown=lens . .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DEFECT_LENS_CACHE=/tmp/cache \
    MPLCONFIGDIR=/tmp/matplotlib \
    HF_HOME=/tmp/huggingface
USER 1000
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=90s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health', timeout=9)"]
CMD ["python", "app.py", "--host", "0.0.0.0", "--port", "7860"]
