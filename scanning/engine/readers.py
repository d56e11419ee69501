"""Which reader a file gets. Its content decides, never its name."""

from scanning.engine import archives, graph_files, images, numpy_arrays, pickles, tensors, texts, zip_directory
from scanning.engine.compression import BZ2, GZIP, LZMA, XZ, ZLIB, Compression, is_zlib
from scanning.engine.context import Context
from scanning.engine.sources import Source, Truncated

EXECUTABLES = {
    b"\x7fELF": "a Linux program",
    b"MZ": "a Windows program",
    b"\xcf\xfa\xed\xfe": "a macOS program",
    b"\xce\xfa\xed\xfe": "a macOS program",
    b"\xca\xfe\xba\xbe": "a macOS program or Java code",
    b"\0asm": "a WebAssembly program",
}
UNREAD = {
    b"GGUF": "a GGUF model",
    b"\x28\xb5\x2f\xfd": "compressed with zstandard",
    b"\x04\x22\x4d\x18": "compressed with lz4",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"%PDF": "a PDF document",
    b"GIF8": "a GIF picture",
    b"PAR1": "a Parquet table",
    b"ARROW1": "an Arrow table",
    b"SQLite format 3": "an SQLite database",
}
COMPRESSIONS: dict[bytes, Compression] = {
    b"\x1f\x8b": GZIP,
    b"BZh": BZ2,
    b"\xfd7zXZ\x00": XZ,
    b"\x5d\x00\x00": LZMA,
}


def read(source: Source, context: Context) -> None:
    """Read one file, or one member of an archive, and report to the context. Raises only LimitReached."""
    if not source.size:
        return
    try:
        is_zip = _read_by_content(source, context)
        if not is_zip and _has_zip_directory(source):
            context.found("content.polyglot", "The file can also be opened as a zip archive.")
            archives.read_zip(source, context)
        graph_files.read_behind_block(source, context)
    except Truncated:
        context.found("content.malformed", "The file ends too early.")


def _has_zip_directory(source: Source) -> bool:
    """Whether a zip reader that looks from the end would find a directory; four stray bytes do not make one."""
    end = zip_directory.find_end(source)
    if end is None:
        return False
    size = int.from_bytes(source.read(end + 12, 4), "little")
    return (size >= 46 and source.read(end - size, 4) == zip_directory.CENTRAL) or source.read(
        end - 20, 4
    ) == zip_directory.LOCATOR64


def _read_by_content(source: Source, context: Context) -> bool:
    """Returns True when the file was read as a zip archive."""
    head = source.read(0, 16)
    if head.startswith((zip_directory.LOCAL, zip_directory.END)):
        archives.read_zip(source, context)
        return True
    if pickles.is_pickle(source):
        pickles.read_pickle(source, context)
        return False
    # Anything else may still be an old pickle, whatever it also is.
    if pickles.find_hidden_pickle(source, context):
        return False
    if head.startswith(numpy_arrays.MAGIC):
        numpy_arrays.read_numpy(source, context)
    elif head.startswith(images.PNG):
        images.read_png(source, context)
    elif head.startswith(images.JPEG):
        images.read_jpeg(source, context)
    elif compression := _compression(head):
        archives.read_compressed(source, context, compression)
    elif archives.is_tar(source):
        archives.read_tar(source, context)
    elif tensors.is_safetensors(source):
        tensors.read_safetensors(source, context)
    elif kind := _named(EXECUTABLES, head):
        context.found("content.executable", f"The file is {kind}.")
    elif head[2:4] == b"\r\n" and head[8:] and source.read(16, 1) in (b"c", b"\xe3"):
        context.found("content.executable", "The file is compiled Python code.")
    elif kind := _named(UNREAD, head):
        context.found("content.known-unread", f"The file is {kind}, which the gate does not read yet.")
    else:
        _read_without_signature(source, context)
    return False


def _read_without_signature(source: Source, context: Context) -> None:
    if graph_files.read_graph(source, context):
        return
    if texts.is_text(source):
        texts.read_text(source, context)
    elif not context.folder.accounts_for(context.name, source):
        context.found("content.unknown", "The file has an unknown format, so nothing can be said about it.")


def _compression(head: bytes) -> Compression | None:
    for magic, compression in COMPRESSIONS.items():
        if head.startswith(magic):
            return compression
    return ZLIB if is_zlib(head) else None


def _named(table: dict[bytes, str], head: bytes) -> str | None:
    return next((kind for magic, kind in table.items() if head.startswith(magic)), None)
