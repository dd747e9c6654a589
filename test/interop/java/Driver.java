public final class Driver {
    public static void main(String[] arguments) {}
}
